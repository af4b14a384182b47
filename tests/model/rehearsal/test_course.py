"""The course of a script: places of turns on their branches, and which turn a branch is at."""

from __future__ import annotations

import pytest

from convend_widget.model.rehearsal.course import answering, branch, places, standing
from convend_widget.model.rehearsal.script import Step, Turn


def turns(*said: str | tuple[str, int]) -> list[Turn]:
    """Turns by what is said; with a number, an edit of that turn."""
    pairs = [one if isinstance(one, tuple) else (one, None) for one in said]
    return [Turn(user=text, edit=edit, steps=(Step(text=f"re {text}"),)) for text, edit in pairs]


FORKED = turns("a", "b", "c", ("B", 2), "c", ("A", 1), "b")
"""Branches a b c, a B c and A b."""


def test_without_edits_the_places_are_those_of_the_turns():
    assert places(turns("a", "b", "c")) == (1, 2, 3)


def test_an_edit_takes_the_place_of_the_turn_that_it_edits_and_those_after_it_go_on_from_there():
    assert places(FORKED) == (1, 2, 3, 2, 3, 1, 2)
    assert [branch(FORKED, at) for at in (2, 4, 6)] == [[0, 1, 2], [0, 3, 4], [5, 6]]


@pytest.mark.parametrize(
    ("said", "over"),
    [("", 0), ("a", 1), ("ab", 2), ("abc", 3), ("aB", 4), ("aBc", 5), ("A", 6), ("Ab", 7), ("abcx", 3), ("Abx", 3)],
)
def test_where_a_branch_stands_is_read_from_the_words_on_it(said: str, over: int):
    """Words that are not the script's stand at the first turn of their place."""
    assert standing(FORKED, list(said)) == over


@pytest.mark.parametrize(
    ("said", "answer"), [("abc", 2), ("aBc", 4), ("xBc", 4), ("ab", 1), ("Ab", 6), ("xx", None), ("abcc", None)]
)
def test_equal_words_at_one_place_are_answered_by_the_branch_that_they_are_on(said: str, answer: int | None):
    found = answering(FORKED, list(said))
    assert found is (None if answer is None else FORKED[answer])
