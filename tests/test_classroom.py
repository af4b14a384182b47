"""A class on one machine: real kernels that talk at once, on the store that they share: the hardest room there is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import convend_widget as cw
from bench.classroom import room, wrong


@pytest.mark.fault(53)
@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="the benchmark reads /proc")
def test_kernels_that_talk_at_once_end_as_they_should_and_meet_in_nothing(tmp_path: Path):
    seats, _ = asyncio.run(room(3, tmp_path, shared=True, pause=0.0, compare=False))
    assert wrong(seats, shared=True) == []
    found = cw.collect(tmp_path)
    assert len(found.problems) == 0
    assert sorted(found.chats["conversation"]) == sorted(name for seat in seats for name in seat.result["ids"])
    assert found.chats["endings"].sum() == 3
