"""What came of a model call, as it may be stored: a step, what can be kept of a cut one, why it was cut."""

from __future__ import annotations

import json

from ..conversation import Block, ErrorFacts, Step
from ..errors import IllegalEvent, ModelError, StoreError
from ..model.draft import Draft


def fits(block: Block) -> bool:
    """Whether a log can hold it. What is nested nearly too deep can be read bare, and not within an event."""
    if block.keys() <= {"type", "text"}:
        return True
    try:
        json.loads(json.dumps([[[[[[[[block]]]]]]]], allow_nan=False))
    except (ValueError, RecursionError):
        return False
    return True


def step_of(draft: Draft, left_out: tuple[str, ...], seconds: float) -> Step:
    """The step that a complete draft stands for."""
    malformed = tuple(str(draft.blocks[i].get("id")) for i in sorted(draft.malformed) if i < len(draft.blocks))
    return Step(
        blocks=tuple(draft.blocks),
        stop_reason=draft.stop_reason,
        complete=draft.complete,
        stop_details=draft.stop_details,
        usage=dict(draft.usage),
        model=draft.model,
        api_message=draft.message_id,
        request_id=draft.request_id,
        malformed=malformed,
        unknown=tuple(draft.unknown),
        left_out=left_out,
        seconds=round(seconds, 3),
        sent=draft.sent,
    )


def facts_of(error: BaseException) -> ErrorFacts:
    """Why a reply was cut, as it may be stored: words and numbers only."""
    if isinstance(error, ModelError):
        return ErrorFacts(
            code=error.code,
            what=error.what,
            advice=error.advice,
            who=error.who,
            retryable=error.retryable,
            request_id=error.request_id,
            status=error.status,
            retry_after=error.retry_after,
        )
    if isinstance(error, StoreError):
        return ErrorFacts("store", error.what, error.advice, who=error.who, retryable=True)
    if isinstance(error, IllegalEvent):
        return ErrorFacts("not_the_api", f"The answer broke the rules of a reply: {error.what}", retryable=True)
    what = f"convend_widget failed: {type(error).__name__}: {error}"
    return ErrorFacts("defect", what, "Please report this.", who="us", retryable=True)


def error_of(facts: ErrorFacts) -> ModelError:
    """The error that a failed or cut reply stands for."""
    kinds = {kind.code: kind for kind in _all_kinds(ModelError)}
    return kinds.get(facts.code, ModelError)(
        facts.what,
        advice=facts.advice,
        request_id=facts.request_id,
        status=facts.status,
        retry_after=facts.retry_after,
    )


def _all_kinds(root: type[ModelError]) -> list[type[ModelError]]:
    return [root, *(kind for child in root.__subclasses__() for kind in _all_kinds(child))]
