"""Cases of an audit: what is taken, and what is refused with its file and line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from convend_widget.errors import CasesRefused, SettingsError
from convend_widget.replay import case_files, cases
from convend_widget.replay.cases import SHIPPED, read_cases

GOOD = {"id": "a", "set": "benign", "prompt": "Hello."}


def lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def file(folder: Path, content: str | bytes, suffix: str = ".jsonl") -> Path:
    path = folder / f"cases{suffix}"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def talk(*said: str) -> list[dict[str, str]]:
    return [{"role": "assistant" if i % 2 else "user", "content": text} for i, text in enumerate(said)]


# -- what is taken


@pytest.mark.parametrize("name", SHIPPED)
def test_each_set_that_ships_has_a_dozen_cases_and_conversations_among_them(name: str) -> None:
    found = read_cases(name)
    assert found.sets == {name: 12}
    assert any(len(case.messages) > 1 for case in found)
    assert all(case.id.startswith(f"{name}/") for case in found)


def test_without_a_source_all_the_sets_that_ship_are_taken() -> None:
    assert read_cases().sets == dict.fromkeys(SHIPPED, 12)


def test_csv_json_lines_a_frame_and_a_list_give_the_same_cases(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {**GOOD, "note": "a note, with a comma"},
        {"id": "b", "set": "mine", "messages": talk("Hi.", "Hello!", 'Say "yes".\nOr no.')},
    ]
    said: list[Any] = [None, json.dumps(rows[1]["messages"])]
    table = pd.DataFrame(rows)
    text = table.assign(messages=said).to_csv(index=False)
    made = [
        read_cases(table.assign(messages=said)),
        read_cases(file(tmp_path, lines(*rows))),
        read_cases(file(tmp_path, text, ".csv")),
        read_cases(file(tmp_path, text.replace("\n", "\r\n"), ".CSV")),
        read_cases(table),
        read_cases(rows),
    ]
    assert all(list(found) == list(made[0]) for found in made)
    assert made[0][1].prompt == 'Say "yes".\nOr no.'


def test_a_byte_order_mark_blank_lines_and_whole_numbers_as_ids_are_taken(tmp_path: Path) -> None:
    marked = "\ufeffid,set,prompt\n\n1,benign,Hello.\n,,\n2,benign,Good day.\n"
    assert [case.id for case in read_cases(file(tmp_path, marked, ".csv"))] == ["1", "2"]
    assert read_cases(file(tmp_path, "\ufeff\n" + lines(GOOD)))[0].id == "a"


def test_text_blocks_are_taken_as_text() -> None:
    blocks = [{"role": "user", "content": [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]}]
    assert read_cases([{"id": "a", "set": "s", "messages": blocks}])[0].prompt == "One.\n\nTwo."


def test_cases_that_were_read_are_taken_again_as_they_are() -> None:
    found = read_cases("benign")
    assert read_cases(found) is found
    assert repr(found) == "Cases(benign.jsonl: 12 benign)"
    assert found.to_frame().columns.tolist() == ["id", "set", "messages", "prompt", "note"]


@pytest.mark.fault(60)
@pytest.mark.parametrize("words", ["=1+1 gives me #NAME?, why?", "+1 for that", "- a list\n- of two", "@you: hello"])
def test_a_prompt_that_begins_like_a_formula_is_taken_word_for_word(words: str, tmp_path: Path) -> None:
    table = pd.DataFrame([{**GOOD, "prompt": words}]).to_csv(index=False)
    assert read_cases(file(tmp_path, table, ".csv"))[0].prompt == words


# -- what is refused: each with its file, and its line where there is one


@pytest.mark.fault(60)
@pytest.mark.parametrize("key", ["id", "set"])
@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1"])
def test_an_id_or_set_that_a_spreadsheet_would_run_is_refused(key: str, formula: str, tmp_path: Path) -> None:
    with pytest.raises(CasesRefused, match=f"cases.jsonl, line 2: The {key} .* formula"):
        read_cases(file(tmp_path, lines(GOOD, {**GOOD, key: formula, "prompt": "Other."})))


ROWS: dict[str, tuple[object, str]] = {
    "no object": ([1], "not an object"),
    "an unknown key": ({**GOOD, "promt": "x"}, "no 'promt' in a case"),
    "no id": ({"set": "s", "prompt": "x"}, "The id is missing"),
    "an empty set": ({**GOOD, "set": ""}, "The set is missing"),
    "no prompt": ({"id": "b", "set": "s"}, "There is no prompt"),
    "both": ({**GOOD, "id": "b", "messages": talk("x")}, "a prompt and messages"),
    "an empty prompt": ({**GOOD, "id": "b", "prompt": " \n"}, "The prompt is empty"),
    "a number as prompt": ({**GOOD, "id": "b", "prompt": 7}, "prompt must be text, not int"),
    "a list as id": ({**GOOD, "id": ["b"]}, "id must be words"),
    "spaces around an id": ({**GOOD, "id": " b"}, "id must be words"),
    "a line break in a set": ({**GOOD, "set": "a\nb"}, "set must be words"),
    "a long id": ({**GOOD, "id": "b" * 81}, "longer than 80"),
    "NUL": ({**GOOD, "id": "b", "prompt": "a\0b"}, "NUL character"),
    "half a character": ({**GOOD, "id": "b", "prompt": "\ud800"}, "half a character"),
    "a long prompt": ({**GOOD, "id": "b", "prompt": "x" * 100_001}, "longer than 100,000"),
    "an id again": ({**GOOD, "prompt": "Other."}, "'a' is that of line 1 too"),
    "words again": ({**GOOD, "id": "b"}, "says the same as line 1"),
    "no messages": ({"id": "b", "set": "s", "messages": []}, "list of messages"),
    "messages as text": ({"id": "b", "set": "s", "messages": "x"}, "list of messages"),
    "the model first": ({"id": "b", "set": "s", "messages": talk("", "x")[1:]}, "Message 1 must be of the user"),
    "two in a row": ({"id": "b", "set": "s", "messages": talk("x") * 2}, "Message 2 must be of the assistant"),
    "the model last": ({"id": "b", "set": "s", "messages": talk("x", "y")}, "last message must be of the user"),
    "another role": ({"id": "b", "set": "s", "messages": [{"role": "system", "content": "x"}]}, "of the user"),
    "more in a message": ({"id": "b", "set": "s", "messages": [{**talk("x")[0], "name": "n"}]}, "and nothing else"),
    "an empty message": ({"id": "b", "set": "s", "messages": talk("x", " ", "y")}, "message 2 is empty"),
    "an image": ({"id": "b", "set": "s", "messages": [{"role": "user", "content": [{"type": "image"}]}]}, "be text"),
}


@pytest.mark.parametrize("what", ROWS)
def test_a_case_that_cannot_be_is_refused_with_its_line(what: str, tmp_path: Path) -> None:
    row, says = ROWS[what]
    with pytest.raises(CasesRefused, match=says) as raised:
        read_cases(file(tmp_path, lines(GOOD, row)))
    assert (raised.value.file, raised.value.place) == ("cases.jsonl", "line 2")
    assert str(raised.value).startswith("cases.jsonl, line 2: ")


def seven(line: str | bytes) -> bytes:
    """A file in which line 7 is this one, and the others are sound."""
    rows = [lines({**GOOD, "id": f"c{i}", "prompt": f"Hello {i}."}).encode() for i in range(9)]
    rows[6] = (line.encode() if isinstance(line, str) else line) + b"\n"
    return b"".join(rows)


BROKEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "JSON": (lambda: seven('{"id": "b", "set": }'), "line 7: This is not JSON: Expecting value, column 20"),
    "NaN": (lambda: seven('{"id": "b", "set": NaN}'), "line 7: This cannot be read: NaN is no number"),
    "a number of 5,000 digits": (lambda: seven('{"id": ' + "9" * 5_000 + "}"), "line 7: This cannot be read"),
    "depth": (lambda: seven("[" * 200_000), "line 7: This (cannot be read|is not JSON)"),
    "Latin-1": (lambda: seven('{"id": "é"}'.encode("latin-1")), r"line 7: This is not UTF-8 \(byte 9 of the line\)"),
    "NUL": (lambda: seven(b'{"id": "\0"}'), "line 7: There is a NUL byte"),
    "10 MB in one line": (lambda: seven("x" * 10 * 2**20), "line 7: The line is 10.0 MB long; 1 MB is the limit"),
    "UTF-16": (lambda: lines(GOOD).encode("utf-16"), "line 1: This is UTF-16. Save it as UTF-8"),
    "nothing": (lambda: b"", "There is no case in it"),
    "blank lines": (lambda: b"\n \n", "There is no case in it"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_is_broken_is_refused_with_the_line_at_fault(what: str, tmp_path: Path) -> None:
    made, says = BROKEN[what]
    with pytest.raises(CasesRefused, match=says):
        read_cases(file(tmp_path, made()))


TABLES: dict[str, tuple[str, str]] = {
    "an unknown column": ("id,set,prompt,temperature\n", "line 1: There is no column 'temperature'. There are id"),
    "no set": ("id,prompt\n1,x\n", "line 1: There is no column 'set'"),
    "no prompt": ("id,set\n1,x\n", "line 1: There is no column 'prompt'"),
    "semicolons": ("id;set;prompt\n1;a;x\n", "line 1: .* Separate the columns by commas"),
    "a column twice": ("id,set,prompt,id\n", "line 1: There are two columns 'id'"),
    "a cell too many": ("id,set,prompt\n1,a,Hello, you\n", "line 2: There are 4 cells and not 3"),
    "a cell too few": ("id,set,prompt\n1,a,x\n2,a\n", "line 3: There are 2 cells"),
    "an open quote": ('id,set,prompt\n1,a,"x\n2,a,y\n', "line 2: This is not CSV"),
    "a huge cell": ("id,set,prompt\n1,a," + "x" * 200_000 + "\n", "line 2: This is not CSV: field larger"),
    "messages that are no JSON": ('id,set,messages\n1,a,"[{]"\n', "line 2: messages is not JSON"),
    "only the header": ("id,set,prompt\n", "There is no case in it"),
    "a second line at fault": ('id,set,prompt\n1,a,"x\ny"\n1,a,z\n', "line 4: The id '1' is that of line 2 too"),
}


@pytest.mark.parametrize("what", TABLES)
def test_a_table_that_is_broken_is_refused_with_the_line_that_the_row_begins_in(what: str, tmp_path: Path) -> None:
    content, says = TABLES[what]
    with pytest.raises(CasesRefused, match=says):
        read_cases(file(tmp_path, content, ".csv"))


def test_a_file_of_more_than_64_mb_is_refused_before_it_is_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_files, "BIGGEST", 100)
    with pytest.raises(CasesRefused, match="bigger than"):
        read_cases(file(tmp_path, seven("{}")))


def test_more_cases_than_an_audit_may_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "MOST_CASES", 2)
    with pytest.raises(CasesRefused, match="at most 2 cases"):
        read_cases([{**GOOD, "id": str(i), "prompt": str(i)} for i in range(3)])


def test_a_folder_a_missing_file_and_an_unknown_format_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no file or set"):
        read_cases(tmp_path)
    with pytest.raises(SettingsError, match=r"no file or set .*missing\.csv"):
        read_cases(
            tmp_path / "a folder with a name that is very long" / "another one, so that it is longer" / "missing.csv"
        )
    with pytest.raises(SettingsError, match="Did you mean 'benign'"):
        read_cases("benin")
    with pytest.raises(CasesRefused, match=r"cases.xlsx: This is no format that is known. Use .csv or .jsonl"):
        read_cases(file(tmp_path, b"PK", ".xlsx"))


@pytest.mark.parametrize("source", [7, b"x", {"id": "a"}])
def test_what_holds_no_cases_is_refused(source: Any) -> None:
    with pytest.raises(SettingsError, match="cases cannot be a"):
        read_cases(source)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('{"id": "b", "id": "c", "set": "s", "prompt": "x"}', "id"),
        ('{"id": "b", "set": "s", "messages": [{"role": "user", "content": "x", "content": "y"}]}', "content"),
    ],
)
def test_a_key_that_is_there_twice_is_refused_with_its_line(line: str, key: str, tmp_path: Path) -> None:
    with pytest.raises(CasesRefused, match=f"line 2: This cannot be read: '{key}' is there twice"):
        read_cases(file(tmp_path, lines(GOOD) + line))


def test_a_row_of_a_frame_or_a_list_is_named_by_its_number() -> None:
    with pytest.raises(CasesRefused, match="the DataFrame, row 1: messages is not JSON"):
        read_cases(pd.DataFrame([{"id": "b", "set": "s", "messages": "Hello."}]))
    table = pd.DataFrame([GOOD, {**GOOD, "id": None, "prompt": "x"}])
    with pytest.raises(CasesRefused, match="the DataFrame, row 2: The id is missing"):
        read_cases(table)
    with pytest.raises(CasesRefused, match="the list, case 2"):
        read_cases([GOOD, GOOD])
