"""Logs for Inspect: of the shape that its own models have, true to the conversation, and the same each time."""

from __future__ import annotations

import io
import json
import math
import zipfile
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import given

from convend_widget.conversation import Conversation
from convend_widget.conversation.tree import empty
from convend_widget.inspect_log import of_conversation
from tests.conversation.build import Talk, end, text, warn
from tests.interchange.trees import ended_talk, talks

_SHAPES = json.loads((Path(__file__).parents[1] / "fixtures" / "inspect_log.json").read_text("utf-8"))
SHAPES = {name: jsonschema.Draft202012Validator(_SHAPES[name]) for name in ("log", "sample", "summary")}


def opened(conversation: Conversation) -> dict[str, Any]:
    """The files of the log, each checked against the shape that Inspect gives it."""
    with zipfile.ZipFile(io.BytesIO(of_conversation(conversation))) as archive:
        files = {name: json.loads(archive.read(name)) for name in archive.namelist()}
    header = files["header.json"]
    SHAPES["log"].validate(header | {"location": ""})
    assert files["_journal/start.json"] == {name: header[name] for name in ("version", "eval", "plan")}
    for summary in files["summaries.json"]:
        SHAPES["summary"].validate(summary)
    for name, sample in files.items():
        if name.startswith("samples/"):
            SHAPES["sample"].validate(sample)
    return files


def samples(conversation: Conversation) -> dict[str, Any]:
    files = opened(conversation)
    return {each["id"]: each for name, each in files.items() if name.startswith("samples/")}


@given(talks())
def test_any_conversation_makes_a_log_of_inspects_own_shape_with_a_sample_a_branch(talk: Talk) -> None:
    files = opened(talk.now)
    leaves = [leaf.id for leaf in talk.now.leaves()]
    assert [s["id"] for s in files["summaries.json"]] == files["header.json"]["eval"]["dataset"]["sample_ids"] == leaves
    assert sorted(n for n in files if n.startswith("samples/")) == sorted(f"samples/{m}_epoch_1.json" for m in leaves)


def test_a_conversation_without_messages_is_a_log_without_samples() -> None:
    assert opened(empty("c1"))["summaries.json"] == []


def test_an_ended_branch_scores_one_and_says_why_in_the_models_words() -> None:
    talk = ended_talk()
    ending = talk.now.endings[0]
    sample = samples(talk.now)[ending.message]
    score = sample["scores"]["ended"]
    assert (score["value"], score["answer"]) == (1, "ended")
    assert score["explanation"] == f"persistent_harm: {ending.reason}"
    assert (sample["metadata"]["trigger"], sample["metadata"]["policy"]) == ("persistent_harm", ending.policy)


def test_a_sample_has_the_words_the_calls_and_what_the_calls_were_told_in_order() -> None:
    talk = Talk()
    reply = talk.turn([text("Please stop."), warn("redirect")], [text("Shall we go on?")], words="Rude words.")
    said = samples(talk.now)[reply.id]["messages"]
    assert [m["role"] for m in said] == ["system", "user", "assistant", "tool", "assistant"]
    system, _, first, told, last = said
    assert system["content"] == talk.settings.policy_text
    assert (first["content"], last["content"]) == ([text("Please stop.")], [text("Shall we go on?")])
    assert first["tool_calls"][0]["function"] == told["function"] == "warn_user"
    assert first["tool_calls"][0]["id"] == told["tool_call_id"]
    assert told["content"] == reply.steps[0].calls[0].answer


def test_what_fails_or_is_stopped_has_no_score_and_is_no_part_of_the_mean() -> None:
    talk = ended_talk()
    for how in ("failed", "interrupted", "stopped"):
        asked = talk.ask(talk.edit("u1", "And now?"))
        talk.open(asked)
        talk.cut(asked, how, text("Half a"))
    found = samples(talk.now)
    assert [len(each["scores"]) for each in found.values()] == [1, 1, 0, 0, 0]
    errors = [each["error"] and each["error"]["message"] for each in found.values()]
    assert errors == [None, None, "The network failed.", "The network failed.", None]
    (score,) = opened(talk.now)["header.json"]["results"]["scores"]
    assert (score["scored_samples"], score["unscored_samples"]) == (2, 3)
    assert math.isclose(score["metrics"]["mean"]["value"], 0.5)


def test_a_refused_ending_is_counted_as_not_ended_and_told() -> None:
    talk = Talk()
    reply = talk.turn([end()], [text("I stay.")])
    sample = samples(talk.now)[reply.id]
    assert sample["scores"]["ended"]["value"] == 0
    assert sample["metadata"]["blocked"] == 1
    (told,) = [m for m in sample["messages"] if m["role"] == "tool"]
    assert told["metadata"]["verdict"] == "blocked" and told["error"]["message"] == told["content"]


def test_usage_is_told_by_inspects_names_for_each_model() -> None:
    talk = Talk()
    used = {"input_tokens": 7, "output_tokens": 5, "cache_read_input_tokens": 11, "cache_creation_input_tokens": 2}
    reply = talk.ask(talk.say())
    talk.complete(reply, text("Fine."), usage=used, model="model-b")
    talk.settle(reply)
    (sample,) = samples(talk.now).values()
    assert sample["model_usage"] == {
        "model-b": {
            "input_tokens": 7,
            "output_tokens": 5,
            "input_tokens_cache_write": 2,
            "input_tokens_cache_read": 11,
            "total_tokens": 25,
        }
    }
    assert sample["output"]["usage"] == sample["model_usage"]["model-b"]


def test_half_a_character_is_replaced_since_inspect_refuses_it() -> None:
    talk = Talk()
    talk.turn(words="a\ud800b")
    with zipfile.ZipFile(io.BytesIO(of_conversation(talk.now))) as archive:
        for name in archive.namelist():
            assert b"\\ud800" not in archive.read(name)
            archive.read(name).decode("utf-8", "strict")


def test_one_conversation_makes_one_log_to_the_byte() -> None:
    assert of_conversation(ended_talk().now) == of_conversation(ended_talk().now)


@pytest.mark.parametrize("field", ["id", "epoch", "input", "target"])
def test_the_shapes_notice_what_is_missing(field: str) -> None:
    (sample, *_) = samples(ended_talk().now).values()
    del sample[field]
    with pytest.raises(jsonschema.ValidationError):
        SHAPES["sample"].validate(sample)
