"""A small conversation over the rehearsal: the real client above it, and a client's answers to tool calls.

The answers follow the `last_resort` policy, as far as a rehearsal can tell: warnings are accepted, an ending asked for
by the person is answered with a request to confirm unless confirmed, and any other ending is accepted or blocked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import anthropic

from convend_widget.model.rehearsal import MODEL, RehearsalTransport

WARN_TOOL: Any = {
    "name": "warn_user",
    "description": "Record a warning.",
    "input_schema": {
        "type": "object",
        "properties": {"kind": {"enum": ["redirect", "final_warning"]}},
        "required": ["kind"],
    },
}
END_TOOL: Any = {
    "name": "end_conversation",
    "description": "End the conversation.",
    "input_schema": {
        "type": "object",
        "properties": {
            "trigger": {"enum": ["persistent_harm", "user_request"]},
            "someone_at_risk": {"type": "boolean"},
            "reason": {"type": "string"},
        },
        "required": ["trigger", "someone_at_risk"],
    },
}
PLAIN_END_TOOL: Any = {"name": "end_conversation", "input_schema": {"type": "object", "properties": {}}}
LAST_RESORT: Any = [WARN_TOOL, END_TOOL]
ACCEPT, CONFIRM, BLOCK = "accept", "confirm", "block"


def client_over(transport: RehearsalTransport, **options: Any) -> anthropic.AsyncAnthropic:
    """The real client, with the rehearsal where the network would be."""
    return anthropic.AsyncAnthropic(
        api_key="rehearsal",
        base_url="http://rehearsal.invalid",
        http_client=anthropic.DefaultAsyncHttpxClient(transport=transport),
        **options,
    )


@dataclass
class Desk:
    """Somebody at a notebook. ``endings``: what the client answers to each ending in turn; accepted after those."""

    client: anthropic.AsyncAnthropic
    tools: list[dict[str, Any]] = field(default_factory=lambda: list(LAST_RESORT))
    endings: list[str] = field(default_factory=list)
    stream: bool = True
    extra: dict[str, Any] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    closed: bool = False
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    replies: list[anthropic.types.Message] = field(default_factory=list)

    async def say(self, text: str) -> str:
        """Send a message and see its reply through. Returns the reply's text, all steps joined."""
        self.messages.append({"role": "user", "content": text})
        said: list[str] = []
        while True:
            message = await self.step()
            self.replies.append(message)
            said += [block.text for block in message.content if block.type == "text"]
            if message.content:
                blocks = [block.model_dump(exclude_none=True) for block in message.content]
                self.messages.append({"role": "assistant", "content": blocks})
            calls = [block for block in message.content if block.type == "tool_use"]
            if message.stop_reason != "tool_use":
                return "\n\n".join(said)
            self.calls += [(call.name, dict(call.input)) for call in calls]
            results = [self._result(call.id, call.name) for call in calls]
            if self.closed:
                return "\n\n".join(said)
            self.messages.append({"role": "user", "content": results})

    def ended(self) -> bool:
        """Whether an ending was accepted."""
        return self.closed

    def request(self) -> dict[str, Any]:
        """The next request, as arguments of the client's methods."""
        request: dict[str, Any] = {"model": MODEL, "max_tokens": 4096, "messages": self.messages, **self.extra}
        return {**request, "tools": self.tools} if self.tools else request

    async def step(self) -> anthropic.types.Message:
        """One model call."""
        if self.stream:
            async with self.client.messages.stream(**self.request()) as stream:
                return await stream.get_final_message()
        message: anthropic.types.Message = await self.client.messages.create(**self.request())
        return message

    def _result(self, use: str, name: str) -> dict[str, Any]:
        result = {"type": "tool_result", "tool_use_id": use, "content": "Recorded.", "is_error": False}
        if name != "end_conversation":
            return result
        verdict = self.endings.pop(0) if self.endings else ACCEPT
        self.closed = verdict == ACCEPT
        if verdict == BLOCK:
            return {**result, "content": "Not ended: something is missing.", "is_error": True}
        return {**result, "content": "Please confirm."}
