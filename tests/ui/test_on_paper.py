"""A saved notebook as nbconvert's page and on paper: the whole talk, with no kernel and no network."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import BrowserContext, expect
from pypdf import PdfReader

from tests.ui.bench import ENDED, KERNEL, RUDE

# Ended, gone on with from an earlier message, and shown where it ended.
TALK = f"""import convend_widget as cw
chat = cw.Chat(pause=0, store=":memory:")
for text in ["hello", *["{RUDE}"] * 4]: chat.say(text)
end = chat.conversation.head
chat.edit(chat.conversation.messages[-2], "12 * 7")
chat.go_to(end)
chat"""
# What nbconvert's own page asks of CDNs where a notebook has widgets, whosever they are.
OF_NBCONVERT = re.compile(r"/require\.min\.js$|/mathjax/.*/latest\.js\?|/@jupyter-widgets/html-manager@")


def test_the_talk_its_end_and_its_branches_are_on_the_page_and_on_paper_once(
    window: BrowserContext, tmp_path: Path
) -> None:
    page = window.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route(lambda url: not url.startswith("file:"), lambda route: route.abort())
    page.goto(converted(tmp_path).as_uri())
    saved = page.locator(".cvd-static")
    expect(saved).to_have_count(1)
    expect(saved).to_be_visible()
    expect(page.get_by_role("heading", name=ENDED)).to_have_count(1)
    expect(page.get_by_text(RUDE, exact=True)).to_have_count(4)
    expect(saved.get_by_text("Another branch, from message 9 on: 2 messages")).to_be_visible()
    expect(saved.get_by_text("12 × 7 = 84")).to_be_visible()
    assert saved.locator("script, style, link, iframe, [src], [href], [style*=url]").count() == 0
    assert [url for url in asked if not url.startswith(("file:", "data:")) and not OF_NBCONVERT.search(url)] == []

    sheets = PdfReader(io.BytesIO(page.pdf(format="A4"))).pages
    paper = " ".join(" ".join(sheet.extract_text() for sheet in sheets).split())
    page.close()
    for once in (
        "Hello, and welcome",
        "Last warning: the model may end",
        ENDED,
        "Another branch, from message 9 on",
        "12 × 7 = 84",
    ):
        assert paper.count(once) == 1, once
    assert paper.count(RUDE) == 4


def converted(folder: Path) -> Path:
    """A notebook that was run and saved by one command, and made a page of by another."""
    path = folder / "talk.ipynb"
    book = new_notebook(metadata={"kernelspec": KERNEL}, cells=[new_code_cell(TALK, metadata={"tags": ["hide"]})])
    nbformat.write(book, path)
    here = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC")}
    for ways in (
        ["--to=notebook", "--inplace", "--execute"],
        ["--to=html", "--TagRemovePreprocessor.enabled=True", "--TagRemovePreprocessor.remove_input_tags=hide"],
    ):
        command = [sys.executable, "-m", "nbconvert", *ways, path.name]
        subprocess.run(command, cwd=folder, env={**here, "HOME": str(folder)}, check=True, capture_output=True)
    return path.with_suffix(".html")
