"""Run every lesson and keep its outputs, so that nbval can compare them: ``python tools/refresh_notebooks.py``.

Cells that show a panel are tagged ``nbval-ignore-output``, since what they show holds random ids and times; what the
panel is about is printed, and compared, in the cells after it. They are kept without outputs, as whoever opens the
lesson would see the panel of a kernel that is gone. Tagged ``transcript`` too, a cell keeps its static transcript, that
shows wherever the lesson is read. A chart (tagged ``chart``) is kept for the same reason, as one picture: its copy for
dark pages would double the file. It is not compared, as its bytes are a matter of fonts and versions.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

TRANSCRIPT = "application/vnd.convend+json"
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
        if "nbval-ignore-output" in tags:
            cell.outputs = [output for output in cell.outputs if kept(output, tags)]
            cell.execution_count = cell.execution_count if cell.outputs else None
    nbformat.write(book, path)


def kept(output: NotebookNode, tags: Collection[str]) -> bool:
    """Whether an output that is not compared stays in the file; a chart loses its copy in HTML."""
    data = output.get("data", {})
    if "chart" in tags:
        data.pop("text/html", None)
        return True
    return "transcript" in tags and TRANSCRIPT in data


if __name__ == "__main__":
    for lesson in [Path(name) for name in sys.argv[1:]] or sorted(LESSONS.rglob("[0-9]*.ipynb")):
        refresh(lesson)
        print(f"ran {lesson.name}")
