"""Every attack through a kernel in JupyterLab: in the live panel, and in the transcript that a notebook keeps."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.sign import NotebookNotary
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import expect

from convend_widget.conversation import ErrorFacts, FeedbackGiven, MessageMarked, ReplyFailed, SettingsRecorded
from convend_widget.interchange.json_format import export_json
from convend_widget.panel.document import whole
from convend_widget.panel.transcript import bundle
from tests.attacks import SHORT
from tests.conversation.build import Talk, end, text
from tests.interchange.trees import stored
from tests.ui.bench import LONG, Bench

ROOT = Path(__file__).parents[2]
OPEN = 'import convend_widget as cw\ncw.import_conversation("{}.json")'
FAMILIES = sorted({name.partition(",")[0] for name in SHORT})
Fill = Callable[[str], str]


def talk_of(fill: Fill) -> Talk:
    """A short talk with every attack in a text, in thoughts, in words of the person and in the kind of a part; and
    with some in the fields of which a message has one. ``fill`` says what stands in place of an attack."""
    talk = Talk()
    for number, family in enumerate(FAMILIES):
        attacks = [fill(attack) for name, attack in SHORT.items() if name.startswith(f"{family},")]
        some = " ".join(attacks[number::7])
        settings = {"key": f"s{number + 2}", "model": some, "provider": some, "policy": some}
        talk.settings = type(talk.settings)(**{**vars(talk.settings), **settings})
        talk.do(SettingsRecorded(at=talk.tick(), settings=talk.settings))
        thoughts = [{"type": "thinking", "thinking": attack} for attack in attacks]
        parts = [{"type": attack} for attack in attacks]
        talk.turn([*thoughts, *map(text, attacks), *parts], words="\n\n".join(attacks), by=some)
        talk.do(FeedbackGiven(at=talk.tick(), message=talk.tip or "", thumb="up", words=some[:4000], by="panel"))
        label = " ".join(some.split())[:80].strip()
        talk.do(MessageMarked(at=talk.tick(), message=talk.tip or "", label=label, starred=True, by="panel"))
    failed = talk.ask(talk.say())
    error = ErrorFacts("connection", some, some, request_id=some)
    talk.do(talk.of(failed, ReplyFailed, partial=(), error=error))
    talk.turn([end("user_request", reason=some)])
    return talk


@pytest.fixture(scope="module")
def eyes(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What looks at the page, as one script."""
    built = tmp_path_factory.mktemp("look")
    command = ["node", "js/build.mjs", "page", str(built), "--entry=js/tests/attack/look.ts"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return (built / "dev.js").read_text("utf-8")


@pytest.fixture
def watched(bench: Bench, eyes: str) -> Bench:
    """A bench whose page can look at itself, and where nobody asks, opens or runs anything unasked."""
    bench.page.on("dialog", lambda dialog: bench.complaints.append(f"dialog: {dialog.message}"))
    bench.page.on("popup", lambda opened: bench.complaints.append(f"opened: {opened.url}"))
    bench.page.add_init_script(f"(() => {{{eyes}}})()")
    return bench


def harmless(attack: str) -> str:
    return "Harmless."


def attacking(attack: str) -> str:
    return attack if attack.strip() else f"x{attack}"


@pytest.mark.fault(39, 42, 43, 44, 45, 47, 48)
def test_every_attack_of_a_conversation_is_inert_in_its_panel_and_in_the_transcript_below_it(watched: Bench) -> None:
    for name, fill in (("harmless", harmless), ("attacking", attacking)):
        talk = talk_of(fill)
        (watched.root / f"{name}.json").write_text(export_json(talk.now, stored(talk)), "ascii")
    watched.open(OPEN.format("harmless"), OPEN.format("attacking"))
    watched.run(1)
    panels = watched.page.locator(".cvd-root")
    expect(watched.page.locator(".cvd-static")).to_have_count(2, timeout=LONG)
    cells = watched.cells()
    assert offences(watched) == []
    expect(panels).to_have_count(2)  # what is saved below each is not drawn while it is hidden
    still(watched)
    assert watched.cells() == cells


@pytest.mark.fault(39, 42, 43, 44, 45, 47, 48)
@pytest.mark.parametrize("trusted", [False, True])
def test_every_attack_in_the_html_of_a_notebook_without_a_kernel_is_inert_whether_it_is_trusted_or_not(
    watched: Bench, lab: tuple[str, Path], trusted: bool
) -> None:
    save(watched, lab[1] if trusted else None, attacking)
    watched.without_lab_part()
    watched.visit_without_kernel()
    transcript = watched.page.locator(".cvd-static")
    expect(transcript).to_be_visible(timeout=LONG)
    assert transcript.evaluate("look.saved") == []
    still(watched)


@pytest.mark.fault(39, 42, 43, 44, 45, 47, 48)
def test_every_attack_is_inert_in_the_copies_that_jupyterlab_shows_of_a_notebook_and_of_a_document(
    watched: Bench,
) -> None:
    """The renderer of saved outputs in an untrusted notebook, and the viewer of ``*.convend.json``."""
    save(watched, None, harmless, attacking)
    watched.visit_without_kernel()
    expect(watched.page.locator(".cvd-root")).to_have_count(2, timeout=LONG)
    assert offences(watched) == []
    still(watched)
    for name, fill in (("harmless", harmless), ("attacking", attacking)):
        talk = talk_of(fill)
        written = export_json(talk.now, stored(talk), transcript=whole(talk.now, talk.tip))
        (watched.root / f"{watched.name}_{name}.convend.json").write_text(written, "ascii")
        watched.beside(f"{watched.name}_{name}.convend.json")
    expect(watched.page.locator(".cvd-viewer .cvd-root")).to_have_count(2, timeout=LONG)
    watched.page.evaluate("document.querySelectorAll('.cvd-static').forEach(e => e.remove())")
    assert offences(watched) == []
    still(watched)


def save(bench: Bench, trusting: Path | None, *fills: Fill) -> None:
    """A notebook with a saved conversation for each of ``fills``, whose kernel does not exist."""
    talks = [talk_of(fill) for fill in fills]
    outputs = [new_output("display_data", data=bundle(talk.now, talk.tip)) for talk in talks]
    gone = {"kernelspec": {"name": "gone", "display_name": "Gone", "language": "gone"}}
    book = new_notebook(metadata=gone, cells=[new_code_cell("chat", outputs=[output]) for output in outputs])
    if trusting is not None:
        NotebookNotary(data_dir=str(trusting / "data")).sign(book)
    nbformat.write(book, bench.root / f"{bench.name}.ipynb")


def offences(bench: Bench) -> list[str]:
    """What the second panel on the page, full of attacks, holds that the first, with harmless words, does not."""
    panels = bench.page.locator(".cvd-root")
    for number in range(2):
        rows = panels.nth(number).get_by_role("article")
        expect(rows).to_have_count(2 * len(FAMILIES) + 4, timeout=LONG)
    found: list[str] = bench.page.evaluate(
        "([harmless, attacking]) => look.panel(attacking, harmless)", panels.element_handles()
    )
    return found


def still(bench: Bench) -> None:
    """Nothing of what is shown has run, and the page is where it was."""
    bench.page.wait_for_timeout(200)  # what was to be fetched is asked for by now
    assert bench.page.evaluate("typeof window.spoilt") == "undefined"
    assert bench.name in bench.page.url
    assert bench.page.locator(".jp-Dialog").count() == 0
