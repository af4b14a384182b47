from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.desk import IN_MEMORY

NOBODY = 65534


@pytest.fixture
def quick_folder() -> Iterator[Path]:
    """A folder that costs no waiting for a disk, for tests that commit thousands of times."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        yield Path(folder)


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder of somebody who is not root, as whom the test then runs: permissions do not stop root."""
    folder = Path(tempfile.mkdtemp())
    root = os.geteuid() == 0
    if root:
        os.chown(folder, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield folder
    finally:
        if root:
            os.setresuid(0, 0, 0)
        for place, _, _ in os.walk(folder):
            os.chmod(place, 0o700)
        shutil.rmtree(folder)
