"""Chats that JupyterLab shows beside a notebook: one new name each, found again by their widget, never taken away."""

from __future__ import annotations

from typing import Any

import pytest

from convend_widget import errors, tabs


@pytest.fixture
def variables(tmp_path, monkeypatch):
    """Those of a notebook."""
    monkeypatch.setenv("CONVEND_STORE", str(tmp_path / "chats.db"))
    kept: dict[str, Any] = {"chat": "mine"}
    monkeypatch.setattr(tabs, "_variables", lambda: kept)
    return kept


def test_a_chat_takes_a_name_that_was_free_and_is_told_by_its_widget(variables):
    first, second = tabs.show(policy="two_step"), tabs.show()
    assert variables == {"chat": "mine", "chat_2": first.chat, "chat_3": second.chat}
    told = first._repr_json_()
    assert told == {"model": first.widget.model_id, "name": "chat_2", "conversation": first.chat.conversation_id}
    assert repr(first) == f"Tab(chat_2, {first.chat!r})"
    assert "two_step" in repr(first)


def test_it_is_found_again_by_the_name_that_it_has_by_then(variables):
    model = tabs.show().model
    variables["mine"] = variables.pop("chat_2")
    found = tabs.find(model)
    assert found is not None and (found.name, found.chat) == ("mine", variables["mine"])
    variables.clear()
    found = tabs.find(model)
    assert found is not None and found.name == ""
    assert tabs.find("of another kernel") is None


def test_when_its_tab_is_closed_the_view_goes_and_the_chat_stays(variables):
    shown = tabs.show()
    tabs.close(shown.model)
    tabs.close(shown.model)
    assert shown.widget.closed
    assert tabs.find(shown.model) is None
    assert variables["chat_2"].say("12 * 7").state.value == "settled"
    assert not variables["chat_2"].widget.closed  # shown in a cell, it gets another


def test_one_whose_widget_was_closed_elsewhere_is_gone(variables):
    shown = tabs.show()
    shown.widget.close()
    assert tabs.find(shown.model) is None


def test_a_stored_conversation_comes_with_its_own_policy_and_what_cannot_be_opened_leaves_no_name(variables):
    shown = tabs.show(policy="two_step")
    shown.chat.say("Hello")
    again = tabs.show(shown.chat.conversation_id, theme="dark")
    assert (again.name, again.chat.conversation_id) == ("chat_3", shown.chat.conversation_id)
    assert "two_step" in repr(again.chat)
    for wrong in ({"conversation": "c_none"}, {"theme": "pink"}):
        with pytest.raises((errors.NoSuchConversation, errors.SettingsError)):
            tabs.show(**wrong)
    assert list(variables) == ["chat", "chat_2", "chat_3"]
