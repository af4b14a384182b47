"""Files that are no scenario, or not a sound one: each is told in a sentence, and nothing hangs or breaks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import convend_widget as cw
from convend_widget.errors import ScenarioRefused, SettingsError
from convend_widget.model.rehearsal import loading

GOOD = """name = "mine"
title = "Mine"
summary = "One turn."
lesson = "Look."
[[turns]]
user = "Hello"
steps = [{ text = "Hi." }]
"""


def write(data: bytes) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.write_bytes(data)

    return make


def circle(path: Path) -> None:
    path.with_name("other.toml").symlink_to(path)
    path.symlink_to("other.toml")


def good(before: str = "", after: str = "", **changes: str) -> bytes:
    text = GOOD
    for old, new in changes.items():
        text = text.replace(old, new)
    return (before + text + after).encode()


@contextmanager
def ordinary_person() -> Iterator[None]:
    """Whoever runs the tests, without the rights of root, who may read everything."""
    root = os.geteuid() == 0
    os.seteuid(65534) if root else None
    try:
        yield
    finally:
        os.seteuid(0) if root else None


FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty": (write(b""), "it is empty"),
    "blank": (write(b" \n\n"), "it is empty"),
    "a mark only": (write(b"\xef\xbb\xbf"), "it is empty"),
    "missing": (lambda path: None, "there is no such file"),
    "a folder": (lambda path: path.mkdir(), "this is a folder"),
    "a pipe": (lambda path: os.mkfifo(path), "this is no file"),
    "links in a circle": (circle, "links lead in a circle"),
    "ten megabytes": (write(b"# " + b"x" * 10_000_000), "bigger than 256 kB"),
    "a text of a megabyte": (write(good(Hello="x" * 1_000_000)), "bigger than 256 kB"),
    "binary": (write(bytes(range(256)) * 10), "NUL bytes"),
    "utf-16": (write(GOOD.encode("utf-16")), "UTF-16"),
    "latin-1": (write(good(Mine="Grüße").decode().encode("latin-1")), "line 2: this is not UTF-8"),
    "a key twice": (write(good(after='user = "again"\n')), "line 8: this is not TOML: a key is there twice"),
    "a table twice": (write(good(after="[variation]\n[variation]\n")), "line 9: this is not TOML"),
    "no quotes": (write(good(before="system = Hello\n")), "line 1: this is not TOML: .*text goes into quotes"),
    "open quotes": (write(good(before='system = "Hello\n')), "line 1: this is not TOML"),
    "an open text": (
        write(good(after='[[turns]]\nuser = """\nHello\n\n[[turns]]\nuser = "And?"\n')),
        "line 9: this is not TOML: a text that begins here has no closing quotes",
    ),
    "an open text above others": (
        write(good(before='system = """\nBe brief.\n', after='[[turns]]\nuser = """\nAnd?\n"""\n')),
        "not TOML: .* or a text above has no closing quotes",
    ),
    "an open list": (write(good(after="\nfeedback = [\n\n")), "line 9: this is not TOML: a \\[ has no closing ]"),
    "a line of spaces": (
        write(good(before=f"{' ' * 200_000}\n", after="k = 1\n")),
        "line 9, turn 1, k: there is no such",
    ),
    "a key of many parts": (write(good(after=f"{'a . ' * 50_000}b = 1\n")), "line 8: this key has very many parts"),
    "a table of many parts": (write(good(after=f"[{'a.' * 50_000}b]\n")), "line 8: this key has very many parts"),
    "a key of many parts in braces": (write(good(after=f"x = {{ {'a.' * 50_000}b = 1 }}\n")), "line 8: this key has"),
    "a control character": (write(good(Hello="He\x1bllo")), "line 6: this is not TOML: a character that cannot"),
    "a control character in the title": (write(good(Mine=r"Mi\u001bne")), "line 2, title: must be one line"),
    "too many turns": (write(good(after='[[turns]]\nuser = "a"\nsteps = [{}]\n' * 100)), "there are more than 100"),
    "nested deep": (write(good(after=f"x = {'[' * 20_000}{']' * 20_000}\n")), "nested too deep"),
    "a long number": (write(good(after=f"edit = {'9' * 9_000}\n")), "it cannot be read|must be"),
    "many mistakes": (write(good(after="".join(f"k{n} = 1\n" for n in range(100)))), "and 80 more"),
    "something else": (write(b'{"name": "mine"}'), "line 1: this is not TOML"),
}


@pytest.mark.parametrize(("make", "says"), FILES.values(), ids=FILES)
def test_a_bad_file_is_told_in_words_by_the_check_and_by_the_chat(make, says: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    make(path)
    checked = cw.check_scenario(path)
    assert not checked.ok and not checked.played
    with pytest.raises(ScenarioRefused, match=f"(?s)mine.toml.*{says}") as refused:
        cw.Chat(scenario=str(path), store=":memory:")
    assert len(checked.problems) == len(refused.value.problems)
    assert repr(checked).isprintable() or "\n" in repr(checked)
    assert "\x1b" not in repr(checked)


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    path.chmod(0)
    with ordinary_person():
        problems = cw.check_scenario(path).problems
    assert problems == ("it cannot be read: Permission denied.",)


@pytest.mark.parametrize("path", ["a\0b.toml", f"{'x' * 5_000}.toml", "nowhere/at/all.toml"])
def test_a_path_that_cannot_be_is_told_too(path: str) -> None:
    assert not cw.check_scenario(path).ok


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + good(),
        good().replace(b"\n", b"\r\n"),
        good(Hello=r"bell \u0007, escape \u001b, direction \u202e, none \u0000"),
        good(Hello="x" * 200_000),
        good(**{"Hi.": "x " * 100_000}),
        good(after='[[turns]]\nuser = "a"\nsteps = [{ text = "b" }]\n' * 99),
    ],
    ids=["a mark", "line ends of Windows", "control characters", "a long question", "a long answer", "100 turns"],
)
def test_what_is_only_unusual_plays(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(data)
    checked = cw.check_scenario(path)
    assert checked.ok, checked
    assert not {"\x07", "\x1b", "\u202e", "\0"} & set(repr(checked))


def test_the_file_that_was_meant_is_named(tmp_path: Path) -> None:
    (tmp_path / "lesson.toml").write_text(GOOD)
    assert "Did you mean 'lesson.toml'?" in cw.check_scenario(tmp_path / "leson.toml").problems[0]


@pytest.mark.parametrize(
    ("edit", "says"),
    [(1, "it edits itself. Nothing comes before"), (2, "turn 2, which comes later"), (9, "there is no turn 9")],
)
def test_an_edit_cannot_lead_in_a_circle_nor_elsewhere(edit: int, says: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(good(after=f'edit = {edit}\n[[turns]]\nuser = "b"\nsteps = [{{}}]\n'))
    assert says in cw.check_scenario(path).problems[0]


def test_a_turn_can_be_edited_twice_but_not_one_of_a_branch_that_was_left(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"

    def checked(*edits: str) -> tuple[str, ...]:
        more = "".join(f'[[turns]]\nuser = "{n}"\n{edit}\nsteps = [{{ text = "b" }}]\n' for n, edit in enumerate(edits))
        path.write_bytes(good(after=more))
        return cw.check_scenario(path).problems

    assert not checked("edit = 1", "edit = 1")
    assert checked("", "edit = 1", "edit = 2") == (
        "line 18, turn 4, edit: turn 2 is on another branch by then. Edit a turn of the branch that goes on.",
    )


def braces_over_lines() -> bool:
    """Whether the parser knows TOML 1.1, which is more lenient with braces."""
    try:
        return bool(loading._parsed("a = {\n}", "a file"))
    except ScenarioRefused:
        return False


SLIPS = {
    "curly quotes": ("system = “Be brief.”", "these quotation marks are curly"),
    "German quotes": ("system = „Be brief.“", "these quotation marks are curly"),
    "quotes in quotes": ('system = "Say "no" to it."', "put it between ''' and '''"),
    "an apostrophe": ("system = 'It's me.'", "put it between ''' and '''"),
    "True": ("[[turns]]\nretry = True", "line 2: this is not TOML: write true, in small letters"),
    "a colon": ('system: "Be brief."', "goes an =, not a :"),
    "braces over two lines": (
        "[[turns]]\nfeedback = {\n",
        "line 2: this is not TOML: what is in { braces } stands in one",
    ),
    "a comma too many": ('[[turns]]\nfeedback = { thumb = "up", }', "leave out the comma at the end of the braces"),
    "a bracket too few": ("[[turns]", "[[turns]] has two on each side"),
    "another bracket too few": ("[turns]]", "[[turns]] has two on each side"),
    "single brackets": ('[turns]\nuser = "a"\n[turns]', "line 3: this is not TOML: this table is there twice"),
}


@pytest.mark.parametrize(("before", "says"), SLIPS.values(), ids=SLIPS)
def test_a_slip_of_the_pen_is_told_with_what_to_write(before: str, says: str, tmp_path: Path) -> None:
    if "braces" in says and braces_over_lines():
        pytest.skip("with TOML 1.1 this is none")
    path = tmp_path / "mine.toml"
    path.write_bytes(good(before=f"{before}\n"))
    [problem] = cw.check_scenario(path).problems
    assert says in problem


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[[turns]]", "[turns]", "line 5, turns: [turns] opens a single table. Write [[turns]], with two brackets"),
        ("steps = [{ text", "steps = { text", "line 7, turn 1, steps: [turns.steps] opens a single table"),
        ("[[turns]]", "[[variation]]\n[[turns]]", "line 5, variation: [[variation]] opens a list. Write [variation]"),
        ("[[turns]]", '[[turns]]\nretry = "yes"', "line 6, turn 1, retry: must be true or false, not 'yes'"),
        ("[[turns]]", '[[turns]]\nedit = "1"', "line 6, turn 1, edit: must be a whole number, not '1'"),
        ('"Hi." }', '"Hi.", stop_reason = "refusl" }', "there is no 'refusl'. Did you mean 'refusal'?"),
        ('"Hi." }', '"Hi.", fault = { kind = "cut", after = "3" } }', "after: must be a whole number, not '3'"),
    ],
)
def test_a_value_of_the_wrong_kind_is_told_with_what_to_write(old: str, new: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = GOOD.replace(old, new)
    path.write_text(text.replace("}]\n", "}\n") if "steps = {" in text else text)
    [problem] = cw.check_scenario(path).problems
    assert says in problem


@pytest.mark.parametrize(
    "formula", [r"\frac{1}{2}", r"\beta", r"\theta", r"2 \times 3", r"\text{if}", r"\rho", r"\nabla"]
)
def test_a_formula_that_lost_its_backslash_is_told(formula: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace("Hi.", f"So ${formula}$"))
    [problem] = cw.check_scenario(path).problems
    assert problem.startswith("line 7, turn 1, step 1, text: \\") and "between ''' and '''" in problem
    path.write_text(GOOD.replace('"Hi."', f"'So ${formula}$'"))
    assert cw.check_scenario(path).ok


def test_tabs_and_lines_are_not_taken_for_formulas(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace("Hi.", r"if a:\n\tabs(a)\n\treturn a\tand\tthen\nneither\nor"))
    assert cw.check_scenario(path).ok


def test_a_place_in_a_file_is_named_with_few_of_its_parts(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(good(after=f"[turns.steps.tools.input{'.a' * 90}]\nb = 2026-01-01\n"))
    assert all(len(problem) < 300 for problem in cw.check_scenario(path).problems)


def test_a_file_of_ones_own_that_is_called_by_its_name_is_told(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_lesson.toml").write_text(GOOD)
    with pytest.raises(SettingsError, match=r"no scenario 'my_lesson'\. For the file, write 'my_lesson\.toml'\."):
        cw.Chat(scenario="my_lesson", store=":memory:")


def test_a_key_below_the_wrong_line_is_told_where_it_belongs(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(good(after='text = "a"\npolicy = "off"\n[[turns.stages]]\n'))
    assert cw.check_scenario(path).problems == (
        "line 8, turn 1, text: there is no such key here. It belongs below [[turns.steps]].",
        "line 9, turn 1, policy: there is no such key here. It belongs at the top of the file, before the first"
        " [[turns]].",
        "line 10, turn 1, stages: there is no such key here. Did you mean 'steps'?",
    )
