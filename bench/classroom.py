"""A class on one machine: thirty kernels, each with a home of its own, that all talk at once; then thirty on one store.

``python -m bench.classroom 10 shared`` takes another number, and only one of the two. Each kernel plays a rehearsed
lesson to its end, edits, retries and types; every third one replays. Memory is PSS, in which what kernels share is
divided among them, and RSS. What the package adds is over one more kernel, with the same libraries imported and
nothing done. Needs Linux.
"""

from __future__ import annotations

import ast
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager

ROOT = Path(__file__).resolve().parent.parent
AT_ONCE = 4  # kernels that start at a time
PATIENCE = 900.0  # seconds
PAUSE = 0.02  # between words, as in a chat that a person begins
SHOWN = """
import sys
before = set(sys.modules)
from bench._student import Student, loaded
me = Student({name!r}, {pause})
me.chat
"""
LIKE = """
import contextlib, importlib
for name in {modules!r}:
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
"""


@dataclass
class Seat:
    """One kernel, with what was measured of it. Memory in bytes by stage, as (PSS, RSS)."""

    number: int
    manager: Any
    client: Any
    memory: dict[str, tuple[int, int]] = field(default_factory=dict)
    cpu: float = 0.0
    took: float = 0.0
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"student {self.number}"

    async def run(self, code: str, value: str = "None") -> Any:
        """Run a cell; what the expression is worth then. Raises ``RuntimeError`` with the kernel's words."""
        reply = await self.client.execute(code, user_expressions={"value": value}, reply=True, timeout=PATIENCE)
        content = reply["content"]
        found = content.get("user_expressions", {}).get("value", {})
        if content["status"] != "ok" or found.get("status") != "ok":
            told = content if content["status"] != "ok" else found
            raise RuntimeError(f"{self.name}: {told.get('ename')}: {told.get('evalue')}")
        return ast.literal_eval(found["data"]["text/plain"])

    @property
    def proc(self) -> Path:
        return Path("/proc", str(self.manager.provisioner.pid))

    def look(self, stage: str) -> None:
        """Note the memory of now."""
        lines = (self.proc / "smaps_rollup").read_text("ascii").splitlines()[1:]
        sizes = {name: int(size) * 1024 for name, size, *_ in map(str.split, lines)}
        self.memory[stage] = sizes["Pss:"], sizes["Rss:"]

    def seconds(self) -> float:
        """CPU seconds so far, of the kernel and in it."""
        fields = (self.proc / "stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def begin(number: int, folder: Path, store: Path | None, free: asyncio.Semaphore) -> Seat:
    """A kernel at rest, in a home of its own."""
    home = folder / f"home {number}"
    home.mkdir()
    away = ("ANTHROPIC_", "CONVEND_", "XDG_", "JUPYTER_", "IPYTHON")
    env = {name: value for name, value in os.environ.items() if not name.startswith(away)}
    env |= {"HOME": str(home), "USERPROFILE": str(home), "PYTHONPATH": str(ROOT)}
    if store is not None:
        env["CONVEND_STORE"] = str(store)
    manager = AsyncKernelManager(kernel_name="python3")
    async with free:
        await manager.start_kernel(env=env, cwd=str(home), stderr=subprocess.DEVNULL)
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=PATIENCE)
    return Seat(number, manager, client)


async def hear(seat: Seat) -> None:
    """Read what the kernel tells, as a browser does, so that it waits nowhere."""
    while True:
        await seat.client.get_iopub_msg(timeout=None)


async def lesson(seats: Sequence[Seat], pause: float) -> float:
    """Everybody at once; returns how long it took until the last was done."""
    for seat in seats:
        seat.look("bare")
    for seat in seats:
        await seat.run(SHOWN.format(name=seat.name, pause=pause))
    for seat in seats:
        seat.look("a chat in sight")
    began = time.monotonic()

    async def work(seat: Seat) -> None:
        before = seat.seconds()
        said = await seat.run("pass", f"me.work(replays={seat.number % 3 == 0})")
        seat.cpu, seat.took = seat.seconds() - before, time.monotonic() - began
        seat.result = json.loads(said)

    await asyncio.gather(*map(work, seats))
    return time.monotonic() - began


async def room(
    number: int, folder: Path, *, shared: bool, pause: float = PAUSE, compare: bool = True
) -> tuple[list[Seat], float]:
    """So many kernels at once, on homes of their own or on one store; what came of it, and how long it took.

    ``compare``: with one kernel more, which has the libraries alone.
    """
    free = asyncio.Semaphore(AT_ONCE)
    store = folder / "shared.db" if shared else None
    everyone = await asyncio.gather(*(begin(n, folder, store, free) for n in range(number + compare)))
    seats = everyone[:number]
    ears = [asyncio.create_task(hear(seat)) for seat in everyone]
    try:
        took = await lesson(seats, pause)
        for idle in everyone[number:]:
            modules = json.loads(await seats[0].run("pass", "loaded(before)"))
            await idle.run(LIKE.format(modules=modules))
            idle.look("libraries")
            seats[0].memory |= {"libraries": idle.memory["libraries"]}
        for seat in seats:
            seat.look("after the lesson")
        return seats, took
    finally:
        for ear in ears:
            ear.cancel()
        for seat in everyone:
            seat.client.stop_channels()
            await seat.manager.shutdown_kernel(now=True)


def wrong(seats: Sequence[Seat], *, shared: bool) -> list[str]:
    """What did not hold, in words; nothing where all did."""
    found = []
    for seat in seats:
        came = seat.result
        own = 2 if not shared else 2 * len(seats)
        checks = {
            "did not end as the lesson does": came["trigger"] == "persistent_harm",
            "is not open again after an edit": came["open_again"],
            "has a log that is not whole": came["whole"],
            "has words of others in its chat": came["own_words"],
            "sees chats of others" if not shared else "sees too many chats": came["stored"] <= own,
            "lost replayed runs": came["runs"] == (5 if seat.number % 3 == 0 else 0),
            f"was told {came['notices']}": not came["notices"],
        }
        found += [f"{seat.name} {what}" for what, holds in checks.items() if not holds]
    ids = [name for seat in seats for name in seat.result["ids"]]
    return found + (["two chats have one id"] if len(set(ids)) != len(ids) else [])


# -- telling ---


def _mb(seats: Sequence[Seat], stage: str, which: int) -> float:
    return statistics.median(seat.memory[stage][which] for seat in seats if stage in seat.memory) / 2**20


def _share(values: Sequence[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def tell(title: str, seats: Sequence[Seat], took: float, *, shared: bool) -> None:
    """What was measured, as lines."""
    problems = wrong(seats, shared=shared)
    print(f"\n{title}: {'; '.join(problems) if problems else 'it holds'}")
    print(f"  {'memory of a kernel (median), MB':44}{'PSS':>8}{'RSS':>8}")
    for stage in ("bare", "a chat in sight", "after the lesson", "libraries"):
        name = "nothing but the same libraries" if stage == "libraries" else stage
        print(f"  {name:44}{_mb(seats, stage, 0):8.1f}{_mb(seats, stage, 1):8.1f}")
    added = [_mb(seats, "after the lesson", which) - _mb(seats, "libraries", which) for which in (0, 1)]
    print(f"  {'so this package with its chats adds':44}{added[0]:8.1f}{added[1]:8.1f}")
    total = sum(seat.memory["after the lesson"][0] for seat in seats) / 2**20
    print(f"  {'all kernels together, after the lesson':44}{total:8.0f}")
    cpu = [seat.cpu for seat in seats]
    print(f"  CPU seconds a kernel: median {statistics.median(cpu):.2f}, most {max(cpu):.2f}, all {sum(cpu):.0f}")
    alone = [seat.took for seat in seats]
    print(f"  until the first was done {min(alone):.1f} s, until the last {took:.1f} s")
    for what, name in (("text came after (ticks are 0.10 to 0.17 s apart)", "gaps"), ("a commit took", "commits")):
        all_of = [value for seat in seats for value in seat.result[name]]
        parts = ", ".join(f"{p:.0%} within {_share(all_of, p) * 1000:.0f}" for p in (0.5, 0.95, 0.99))
        print(f"  {what}: {parts}, at most {max(all_of) * 1000:.0f} ms")


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    print(f"{number} kernels, {os.cpu_count()} cores, {memory:.0f} GB; load before: {os.getloadavg()[0]:.1f}")
    cases = {"homes": ("a home each", False), "shared": ("one store for all", True)}
    for title, shared in (case for name, case in cases.items() if name in (sys.argv[2:] or cases)):
        with tempfile.TemporaryDirectory() as folder:
            seats, took = asyncio.run(room(number, Path(folder), shared=shared))
            tell(title, seats, took, shared=shared)


if __name__ == "__main__":
    main()
