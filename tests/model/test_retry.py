"""When a call is tried again, and after how long."""

from __future__ import annotations

import math
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convend_widget.errors import SettingsError
from convend_widget.model.boundary import in_words
from convend_widget.model.client import Timeouts
from convend_widget.model.retry import Retries, retry_after

NOW = 1_800_000_000.0


@pytest.mark.fault(5)
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": formatdate(NOW + 90, usegmt=True)}, 90.0),
        ({"retry-after": formatdate(NOW - 90, usegmt=True)}, 0.0),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "inf"}, math.inf),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Wed, 99 Foo 9999 99:99:99 GMT"}, None),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "x", "retry-after": "9"}, 9.0),
    ],
)
def test_retry_after_is_read_in_every_form(headers, seconds):
    assert retry_after(headers, NOW) == seconds


@pytest.mark.fault(5)
@given(st.text(max_size=40))
def test_no_retry_after_raises_or_is_negative(text):
    seconds = retry_after({"retry-after": text}, NOW)
    assert seconds is None or seconds >= 0


@pytest.mark.fault(5, 6)
@given(tried=st.integers(1, 9), after=st.none() | st.floats(0, allow_nan=False), luck=st.floats(0, 0.999))
def test_waits_are_bounded_in_number_and_length(tried, after, luck):
    wait = Retries(random=lambda: luck).wait(tried, after)
    if tried > 3 or (after is not None and after > 60):
        assert wait is None
    elif after:
        assert wait == after
    else:
        assert wait is not None
        assert 0 < wait <= 8


def test_waits_double_and_are_shortened_at_random():
    assert [Retries(random=lambda: 0.0).wait(n, None) for n in (1, 2, 3)] == [0.5, 1.0, 2.0]
    assert Retries(random=lambda: 1.0).wait(1, None) == 0.375


@pytest.mark.fault(5)
@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (61, "61 s"), (90, "2 min"), (3600, "60 min"), (86_400, "24 h"), (259_200, "3 days")],
)
def test_durations_are_said_for_people(seconds, words):
    assert in_words(seconds) == words


@pytest.mark.parametrize("wrong", [0, -1, float("nan")])
def test_limits_of_time_must_be_above_0(wrong):
    with pytest.raises(SettingsError, match="idle must be above 0"):
        Timeouts(idle=wrong)
