"""The map under a conversation, against plain dictionaries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convend_widget.conversation import layers
from convend_widget.conversation.layers import Layers

keys = st.integers(0, 30)
changes = st.lists(st.lists(st.tuples(keys, st.integers()), max_size=8), max_size=25)


@pytest.fixture(autouse=True)
def small_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "LIMIT", 5)


def same(found: Layers[int, int], expected: dict[int, int]) -> None:
    assert list(found) == list(expected)
    assert list(found.items()) == list(expected.items())
    assert len(found) == len(expected)
    assert found == expected
    for key in range(31):
        assert (key in found) == (key in expected)
        assert found.get(key) == expected.get(key)
        if key not in expected:
            with pytest.raises(KeyError):
                found[key]


@given(changes)
def test_every_version_stays_what_it_was_and_is_what_a_dict_would_be(changes: list[list[tuple[int, int]]]) -> None:
    versions: list[tuple[Layers[int, int], dict[int, int]]] = [(Layers(), {})]
    for change in changes:
        found, expected = versions[-1]
        editor, model = found.editor(), dict(expected)
        for key, value in change:
            editor[key] = model[key] = value
            assert editor[key] == editor.get(key) == value
            assert key in editor
        versions.append((editor.done(), model))
    for found, expected in versions:
        same(found, expected)


@given(changes, st.integers(0, 25))
def test_versions_may_branch(changes: list[list[tuple[int, int]]], at: int) -> None:
    found: Layers[int, int] = Layers()
    seen: list[Layers[int, int]] = [found]
    for change in changes:
        editor = found.editor()
        for key, value in change:
            editor[key] = value
        found = editor.done()
        seen.append(found)
    older = seen[at % len(seen)]
    before = dict(older)
    one, two = older.editor(), older.editor()
    one[1], two[1], two[99] = 1, 2, 3
    assert one.done()[1] == 1
    assert two.done()[1] == 2
    same(older, before)
    assert 99 not in one.done()


def test_a_change_thrown_away_changes_nothing() -> None:
    found = Layers({1: 1})
    editor = found.editor()
    editor[1], editor[2] = 5, 6
    same(found, {1: 1})
    assert found.editor().done() is found


def test_the_small_layer_stays_small() -> None:
    found: Layers[int, int] = Layers()
    for key in range(100):
        editor = found.editor()
        editor[key] = key
        found = editor.done()
        assert len(found._recent) <= layers.LIMIT
    assert list(found) == list(range(100))
