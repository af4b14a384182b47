"""Two views of one chat in one notebook."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.ui.bench import Bench, Panel


@pytest.mark.fault(33, 36)
def test_two_views_share_the_talk_but_not_drafts_and_one_speaks(bench: Bench) -> None:
    """What one view sends both show; each keeps its own draft; only the one that acted reads messages out."""
    bench.open("import convend_widget as cw\nchat = cw.Chat(pause=0); chat", "chat")
    bench.run(1)
    one, two = (Panel(bench.page.locator(".cvd-root").nth(at)) for at in (0, 1))
    expect(two.composer).to_be_visible()
    one.composer.fill("a draft in the first")
    two.say("hello")
    for view in (one, two):
        view.settled(2)
        expect(view.last).to_contain_text("Hello, and welcome")
    expect(one.composer).to_have_value("a draft in the first")
    expect(two.composer).to_have_value("")
    expect(two.spoken).to_have_count(2)
    expect(one.spoken).to_have_count(0)
    two.composer.fill("a draft in the second")

    one.composer.press("Enter")
    for view in (one, two):
        view.settled(4)
        expect(view.messages.nth(2)).to_contain_text("a draft in the first")
    expect(two.composer).to_have_value("a draft in the second")
    expect(one.spoken).to_have_count(2)
    expect(two.spoken).to_have_count(2)
    assert bench.python("print(len(chat.conversation.messages))") == "4"
