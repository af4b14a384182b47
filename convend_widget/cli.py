"""The ``convend`` command: look at, check and export stored conversations without a notebook.

Prints one plain line a thing. Exit codes: 0 all well, 1 a problem was found, 2 wrong use.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import __version__
from .conversation import Conversation
from .dates import minute
from .errors import ConvendError, IllegalEvent, SettingsError, StoreDamaged
from .interchange.transcript import plain_line
from .session.lineage import Line, folded, lineage
from .store import Store, open_store

OK, PROBLEM, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Wrong use of the command line itself exits with 2 at once."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a title may hold what a terminal's encoding does not
            stream.reconfigure(errors="replace")
    given = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = given.command
    try:
        code = command(given)
        sys.stdout.flush()
    except ConvendError as error:
        print(f"convend: {plain_line(str(error))}", file=sys.stderr)
        return USAGE if isinstance(error, SettingsError) else PROBLEM
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output, e.g. head, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="convend", description="Conversations with Claude that the model may end.")
    parser.add_argument("--version", action="version", version=f"convend_widget {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    store = argparse.ArgumentParser(add_help=False)
    store.add_argument("--store", metavar="PATH", help="another store than the usual one")

    def add(
        name: str, command: Callable[[argparse.Namespace], int], what: str, stored: bool
    ) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=what, description=what, parents=[store] if stored else [])
        made.set_defaults(command=command)
        return made

    add("doctor", _doctor, "say what works here, and what to do about the rest", stored=True)
    listing = add("list", _list, "list the stored conversations, those last written to first", stored=True)
    listing.add_argument("--all", action="store_true", help="hidden ones too, e.g. replayed runs")
    export = add("export", _export, "write a conversation to a file: .md, .html, .json or .csv", stored=True)
    export.add_argument("conversation", metavar="ID")
    export.add_argument("path", metavar="PATH")
    export.add_argument(
        "--branch", metavar="MESSAGE", help="the branch to write (.md) or to put first (.html); or: all"
    )
    verify = add("verify", _verify, "check the stored events of one conversation, or of all", stored=True)
    verify.add_argument("conversation", metavar="ID", nargs="?")
    collecting = add("collect", _collect, "read what a class handed in: exports, stores and notebooks", stored=False)
    collecting.add_argument("folder", metavar="FOLDER", help="with a folder, or a file, for each student")
    collecting.add_argument("--csv", metavar="FILE", help="write one row a branch to this file")
    collecting.add_argument("--names", action="store_true", help="with the names of folders and files")
    handing = add("handout", _handout, "write a page to print for a class, of a scenario as it plays", stored=False)
    handing.add_argument("scenario", metavar="SCENARIO", help="a .toml file, or the name of one that ships")
    handing.add_argument("path", metavar="FILE", help="an .html file")
    handing.add_argument("--policy", help="play it under this policy instead of its own")
    add("scenarios", _scenarios, "list the rehearsed lessons that ship", stored=False)
    _scenario_parser(commands)
    return parser


def _scenario_parser(commands: Any) -> None:
    what = "check the scenarios of one's own, begin a new one, or list those that ship"
    one = commands.add_parser("scenario", help=what, description=what).add_subparsers(required=True, metavar="command")
    check = one.add_parser("check", help="say what happens in a scenario, turn by turn, and what is wrong with it")
    check.add_argument("scenarios", metavar="FILE", nargs="+", help="a .toml file, or the name of one that ships")
    check.add_argument("--policy", help="play it under this policy instead of its own")
    check.add_argument("--quiet", action="store_true", help="only what is wrong, and one line a file")
    check.set_defaults(command=_check_scenarios)
    one.add_parser("list", help="list those that ship").set_defaults(command=_scenarios)
    new = one.add_parser("new", help="write a small file to begin with")
    new.add_argument("path", metavar="NAME", help="small letters, digits and _, with or without .toml")
    new.set_defaults(command=_new_scenario)


def _doctor(given: argparse.Namespace) -> int:
    from .diagnosis import doctor

    report = doctor(store=given.store)
    print(report)
    return OK if report.ok else PROBLEM


def _list(given: argparse.Namespace) -> int:
    with _opened(given.store) as store:
        for found in store.conversations(hidden=given.all):
            state = "ended" if found.ended else "open"
            print(f"{found.conversation}  {minute(found.changed)}  {state:<5}  {plain_line(found.title)}")
    return OK


def _export(given: argparse.Namespace) -> int:
    from .interchange.export import export

    with _opened(given.store) as store:
        conversation, lines = _load(store, given.conversation)
    above = [record for line in lines[:-1] for record in line.records]
    path = export(conversation, lines[-1].records, given.path, branch=given.branch, above=above)
    print(plain_line(str(path)))
    return OK


def _verify(given: argparse.Namespace) -> int:
    code = OK
    with _opened(given.store) as store:
        names = (
            [given.conversation] if given.conversation else [s.conversation for s in store.conversations(hidden=True)]
        )
        for name in names:
            problem, told = _check(store, name)
            print(f"{'bad' if problem else 'ok':<4}  {name}  {plain_line(told)}")
            code = PROBLEM if problem else code
    return code


def _check(store: Store, name: str) -> tuple[bool, str]:
    """Whether something is wrong with a stored conversation, and what there is to say of it."""
    verdict = store.verify(name)
    if not verdict.ok:
        return True, verdict.problem or "the log is not whole"
    try:
        _load(store, name)
    except ConvendError as error:
        return True, str(error)
    return False, f"{verdict.events} events {verdict.digest}"


def _collect(given: argparse.Namespace) -> int:
    from .collecting.collected import collect

    found = collect(given.folder, names=given.names)
    for line in repr(found).splitlines():
        print(plain_line(line))
    if given.csv:
        print(plain_line(str(found.export(given.csv))))
    return PROBLEM if len(found.problems) else OK


def _handout(given: argparse.Namespace) -> int:
    from .handing_out import handout

    print(plain_line(str(handout(given.scenario, given.path, policy=given.policy))))
    return OK


def _scenarios(given: argparse.Namespace) -> int:
    from .model.rehearsal import scenarios

    print(scenarios())
    return OK


def _check_scenarios(given: argparse.Namespace) -> int:
    from .rehearsing.check import check_scenario
    from .rehearsing.files import given_as

    code = OK
    for number, scenario in enumerate(given.scenarios):
        checked = check_scenario(given_as(scenario), policy=given.policy)
        print(checked.verdict if given.quiet else "\n" * bool(number) + str(checked))
        code = code if checked.ok else PROBLEM
    return code


def _new_scenario(given: argparse.Namespace) -> int:
    from .rehearsing.files import begin

    path = begin(given.path)
    print(f"{plain_line(str(path))}  is written. Try: convend scenario check {plain_line(str(path))}")
    return OK


@contextmanager
def _opened(where: str | None) -> Iterator[Store]:
    """The store, for as long as the command looks at it. One that was named must be there already."""
    if where is not None and not Path(where).expanduser().is_file():
        raise SettingsError(f"There is no store at {where}.", advice="Leave --store out for the usual one.")
    store = open_store(where)
    try:
        for notice in store.notices:
            print(f"convend: {plain_line(notice.text)}", file=sys.stderr)
        yield store
    finally:
        store.close()


def _load(store: Store, name: str) -> tuple[Conversation, list[Line]]:
    lines = lineage(store, name)
    try:
        return folded(lines), lines
    except IllegalEvent as error:
        raise StoreDamaged(f"The log of {name} breaks the law of conversations: {error.what}") from None


if __name__ == "__main__":
    raise SystemExit(main())
