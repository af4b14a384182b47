"""The panel lives on the owner's loop; these bring tests there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from convend_widget.owner import owner
from convend_widget.store import MemoryStore
from tests.session.conftest import api  # noqa: F401 - a fixture
from tests.session.rig import Kernel


@pytest.fixture
def on_owner() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Run a coroutine on the owner's loop, as everything of a panel is."""
    return lambda work: owner().wait(asyncio.wait_for(work, 60))


@pytest.fixture
def kernel() -> Kernel:
    return Kernel(MemoryStore())
