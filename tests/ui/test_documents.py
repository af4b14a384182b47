"""Documents and saved outputs that are none, or no more: a word in their place, and the transcript when it is back."""

from __future__ import annotations

import json
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import expect

from convend_widget.panel.document import MIME, whole
from tests.conversation.build import Talk
from tests.interchange.trees import ended_talk
from tests.ui.bench import LONG, Bench

Json = dict[str, Any]


def document(talk: Talk) -> Json:
    return whole(talk.now, talk.tip)


def test_a_file_that_changes_on_the_disk_is_shown_as_it_is_in_every_tab_that_has_it(bench: Bench) -> None:
    """Two tabs; the file beneath them is other words, cut, of the future, somebody else's, and whole again."""
    page = bench.page
    whole_text = json.dumps(document(ended_talk()))
    file = bench.root / f"{bench.name}.convend.json"
    file.write_text(whole_text)
    page.goto(f"{bench.address}/lab/tree/{file.name}?reset")
    viewers = page.locator(".cvd-viewer")
    expect(viewers.first).to_contain_text("Let us start over.", timeout=LONG)
    page.evaluate("void jupyterapp.commands.execute('docmanager:clone')")
    expect(viewers).to_have_count(2)
    for text, shown in (
        (whole_text.replace("Let us start over.", "Once more."), "Once more."),
        (whole_text[:-100], "not valid JSON. It may have been cut"),
        (json.dumps({**json.loads(whole_text), "version": 2}), "This was written by a newer convend_widget (format 2;"),
        ('{"nbformat": 4}', "This is no conversation of convend_widget."),
        (whole_text, "Let us start over."),
    ):
        file.write_text(text)
        page.evaluate("void jupyterapp.commands.execute('docmanager:reload')")
        for view in range(2):
            expect(viewers.nth(view)).to_contain_text(shown, timeout=LONG)
            expect(viewers.nth(view).get_by_role("article")).to_have_count(2 if shown in text else 0)


@pytest.mark.fault(39)
def test_an_output_of_the_future_or_of_somebody_else_gets_a_word_and_its_neighbours_are_shown(bench: Bench) -> None:
    good = document(ended_talk())
    *above, last = good["rows"]
    archived = {**last, "mark": {"label": "", "starred": False, "archived": True}}
    outputs: list[tuple[object, str]] = [
        ({**good, "version": 2}, "This was written by a newer convend_widget (format 2;"),
        ("<b>no document</b>", "This is no conversation of convend_widget."),
        ({**good, "rows": [None]}, "This conversation is damaged and is not shown: message 1 cannot be read."),
        (good, "Let us start over."),
        ({**good, "rows": [*above, archived]}, "archived"),
    ]
    gone = {"kernelspec": {"name": "gone", "display_name": "Gone", "language": "gone"}}
    cells = [new_code_cell("chat", outputs=[new_output("display_data", data={MIME: data})]) for data, _ in outputs]
    nbformat.write(new_notebook(metadata=gone, cells=cells), bench.root / f"{bench.name}.ipynb")
    bench.visit_without_kernel()
    for cell, (_, shown) in enumerate(outputs):
        expect(bench.output(cell)).to_contain_text(shown, timeout=LONG)
    restore = bench.output(4).locator(".cvd-restore")
    expect(restore).to_have_count(1)
    expect(restore).to_be_hidden()  # a copy cannot
