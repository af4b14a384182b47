"""The published rules of prompt caching, as a provider applies them to a request.

A breakpoint on a block keeps the prefix that ends there. At each breakpoint the provider looks for a kept prefix that
ends at it or at one of the 20 blocks before it; the longest found is read from the cache, the rest is new. Order of
a prompt: tools, system, messages. Another model never shares. At most 4 breakpoints. A token is 4 characters here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

LOOKBACK = 20


class PromptCache:
    def __init__(self) -> None:
        self.kept: set[str] = set()

    def usage(self, body: dict[str, Any]) -> dict[str, int]:
        """The input counts of the answer to this request; keeps what it marks."""
        prefix = hashlib.sha256(body["model"].encode())
        digests, sizes, marked = [], [0], []
        for number, block in enumerate(_blocks(body)):
            plain = {key: value for key, value in block.items() if key != "cache_control"}
            text = json.dumps(plain, sort_keys=True)
            prefix.update(text.encode())
            digests.append(prefix.hexdigest())
            sizes.append(sizes[-1] + len(text) // 4)
            if "cache_control" in block:
                assert block.get("type") not in ("thinking", "redacted_thinking"), "cannot be marked"
                assert block.get("type") != "text" or block["text"], "an empty text cannot be marked"
                marked.append(number)
        assert len(marked) <= 4, "at most 4 breakpoints"
        read = 0
        for place in marked:
            for number in range(place, max(-1, place - LOOKBACK - 1), -1):
                if digests[number] in self.kept:
                    read = max(read, sizes[number + 1])
                    break
        written = max((sizes[place + 1] for place in marked), default=0) - read
        self.kept.update(digests[place] for place in marked)
        return {
            "input_tokens": sizes[-1] - max(read, read + written),
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": max(written, 0),
        }


def _blocks(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from body.get("tools", ())
    system = body.get("system", ())
    yield from [{"type": "text", "text": system}] if isinstance(system, str) else system
    for message in body["messages"]:
        content = message["content"]
        for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            yield {**block, "role": message["role"]}
