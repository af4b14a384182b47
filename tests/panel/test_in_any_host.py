"""What is built asks nothing of a host or a network: so it works where no test can go (``docs/hosts.md``)."""

from __future__ import annotations

import re

import pytest

from convend_widget.panel import chunks

BUILT = {"loader": chunks.loader(), **{chunk.name: chunk.code.decode() for chunk in chunks.every()}}
# What asks a network, starts code that is elsewhere, or belongs to a host; a method of that name is something else.
GLOBAL = r"(?:(?<![\w$.])|\b(?:window|globalThis|self|top|parent|navigator)\.)"
REACHES_OUT = re.compile(
    rf"{GLOBAL}(?:fetch|XMLHttpRequest|WebSocket|EventSource|WebTransport|sendBeacon|importScripts|SharedWorker|Worker"
    r"|require|requirejs|define)\((?!\)\{)"
    rf"|{GLOBAL}(?:serviceWorker|Jupyter|jupyterapp|IPython|google\.colab|acquireVsCodeApi)\b"
)
STATIC_IMPORT = re.compile(r"(?:^|[;}\n])(?:import|export)\b[^;(]{0,2000}?\bfrom\s*[\"']|(?:^|[;}\n])import\s*[\"']")
ADDRESS = re.compile(r"[\"'`]((?:https?:|wss?:)?//\w[^\s\"'`]+)")
MEANT = ("http://www.w3.org/", "https://github.com/highlightjs/highlight.js/wiki/security")  # names; a text
IMPORTERS = ("loader", "panel")  # each imports what came over the comm, from one place


@pytest.mark.parametrize("name", BUILT)
def test_it_reaches_for_nothing_that_only_some_hosts_have(name: str) -> None:
    code = BUILT[name]
    assert REACHES_OUT.findall(code) == []
    assert STATIC_IMPORT.findall(code) == []
    assert len(re.findall(r"\bimport\(", code)) == (name in IMPORTERS)
    assert not any(word in code for word in ("@jupyter-widgets", "@jupyterlab", "jsdelivr", "unpkg", "cdnjs"))


@pytest.mark.parametrize("name", BUILT)
def test_no_address_is_built_in_but_names_of_markup(name: str) -> None:
    assert [found for found in ADDRESS.findall(BUILT[name]) if not found.startswith(MEANT)] == []


@pytest.mark.parametrize(
    "code",
    [
        "let a=fetch(b)",
        "window.fetch(b)",
        "new Worker(u)",
        "navigator.sendBeacon(u)",
        "require(['x'])",
        "new WebSocket(u)",
        "window.Jupyter.notebook",
        "google.colab.kernel",
    ],
)
def test_what_would_reach_out_is_found(code: str) -> None:
    assert REACHES_OUT.search(code)


@pytest.mark.parametrize("code", ['import{a}from"x";', 'a();import"x"', 'export*from"./x"', 'var b;import a from "x"'])
def test_an_import_is_found(code: str) -> None:
    assert STATIC_IMPORT.search(code)
