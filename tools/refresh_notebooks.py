"""Run every lesson and keep its outputs, so that nbval can compare them: ``python tools/refresh_notebooks.py``.

Cells that show a panel are tagged ``nbval-ignore-output`` and kept without outputs: what they show holds random ids
and times, and whoever opens the lesson would see the panel of a kernel that is gone. What the panel is about is
printed, and compared, in the cells after it. A chart (tagged ``chart`` too) is kept, so that it shows wherever the
lesson is read, and is not compared: its bytes are a matter of fonts and versions.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

LESSONS = Path(__file__).parent.parent / "notebooks"


def refresh(path: Path) -> None:
    """Run one notebook in place."""
    book = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(path.parent)}}  # lessons have files beside them
    NotebookClient(book, timeout=120, kernel_name="python3", resources=where).execute()
    book.metadata.pop("widgets", None)
    book.metadata["language_info"] = {"name": "python"}
    for cell in book.cells:
        cell.metadata.pop("execution", None)
        tags = cell.metadata.get("tags", ())
        if "nbval-ignore-output" in tags and "chart" not in tags:
            cell.outputs, cell.execution_count = [], None
    nbformat.write(book, path)


if __name__ == "__main__":
    for lesson in [Path(name) for name in sys.argv[1:]] or sorted(LESSONS.glob("*.ipynb")):
        refresh(lesson)
        print(f"ran {lesson.name}")
