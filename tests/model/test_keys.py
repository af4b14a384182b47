"""Where a key comes from, and that its value stays hidden."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convend_widget.model.keys import Secret, find_key, problem_of, read_env_file


@pytest.fixture(autouse=True)
def home_without_profiles(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def found(tmp_path, key=None, env=None, file=None):
    if file is not None:
        (tmp_path / ".env").write_text(file, "utf-8")
    return find_key(key, env=env or {}, directory=tmp_path)


def test_the_argument_wins_over_everything_else(tmp_path):
    env = {"ANTHROPIC_API_KEY": "env", "ANTHROPIC_AUTH_TOKEN": "token", "ANTHROPIC_PROFILE": "work"}
    source = found(tmp_path, "given", env, "ANTHROPIC_API_KEY=file")
    assert (source.name, source.kind, source.secret.reveal()) == ("the argument api_key", "api_key", "given")
    assert source.others == (
        "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE", "ANTHROPIC_API_KEY in .env",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("env", "file", "name", "kind"),
    [
        ({"ANTHROPIC_API_KEY": "a", "ANTHROPIC_AUTH_TOKEN": "b"}, None, "ANTHROPIC_API_KEY", "api_key"),
        ({"ANTHROPIC_AUTH_TOKEN": "b"}, "ANTHROPIC_API_KEY=c", "ANTHROPIC_AUTH_TOKEN", "auth_token"),
        ({"ANTHROPIC_API_KEY": ""}, "ANTHROPIC_API_KEY=c", "ANTHROPIC_API_KEY in .env", "api_key"),
        ({"ANTHROPIC_PROFILE": "work"}, "ANTHROPIC_API_KEY=c", "ANTHROPIC_PROFILE", "sdk"),
        ({}, "ANTHROPIC_AUTH_TOKEN=c", "ANTHROPIC_AUTH_TOKEN in .env", "auth_token"),
        ({}, "ANTHROPIC_API_KEY=\nOTHER=1", "none", "none"),
        ({}, None, "none", "none"),
    ],
)
def test_the_first_source_that_is_set_wins(tmp_path, env, file, name, kind):
    source = found(tmp_path, None, env, file)
    assert (source.name, source.kind, source.present) == (name, kind, kind != "none")


def test_federation_counts_only_when_it_is_whole(tmp_path):
    env = {"ANTHROPIC_FEDERATION_RULE_ID": "r", "ANTHROPIC_ORGANIZATION_ID": "o"}
    assert not found(tmp_path, None, env).present
    assert found(tmp_path, None, {**env, "ANTHROPIC_IDENTITY_TOKEN": "t"}).kind == "sdk"


def test_the_active_profile_on_disk_comes_last(tmp_path):
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "work.json").write_text("{}")
    env = {"ANTHROPIC_CONFIG_DIR": str(tmp_path)}
    assert not found(tmp_path, None, env).present
    (tmp_path / "active_config").write_text("work\n")
    assert found(tmp_path, None, env).name == "the active profile on disk"
    assert found(tmp_path, None, env, "ANTHROPIC_API_KEY=c").name == "ANTHROPIC_API_KEY in .env"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("K=abc", "abc"),
        ("export K = abc  ", "abc"),
        ("K='a b # c'", "a b # c"),
        ('K="a\\"b\\n"  # why', 'a"b\n'),
        ("K=abc # a comment", "abc"),
        ("K=abc#not", "abc#not"),
        ("\ufeffK=abc", "abc"),
        ("K=first\nK=last", "last"),
        ("# K=abc", None),
        ("K abc", None),
        ("K=", None),
        ("K=''", None),
    ],
)
def test_a_env_file_is_read_like_everybody_reads_it(tmp_path, line, value):
    (tmp_path / ".env").write_text(line, "utf-8")
    secret = read_env_file(tmp_path / ".env").get("K")
    assert (secret and secret.reveal()) == value


def test_an_address_beside_the_key_of_a_env_file_is_meant_for_that_key_alone(tmp_path):
    file = "ANTHROPIC_API_KEY=c\nANTHROPIC_BASE_URL=https://example.org"
    assert found(tmp_path, None, {}, file).base_url == "https://example.org"
    assert found(tmp_path, None, {"ANTHROPIC_API_KEY": "a"}, file).base_url is None


def test_an_odd_env_file_is_no_file(tmp_path):
    (tmp_path / ".env").write_bytes(b"K=" + b"x" * 100_000)
    assert read_env_file(tmp_path / ".env") == {}
    assert read_env_file(tmp_path) == {}
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00K=\xff")
    assert "K" not in read_env_file(tmp_path / ".env")


@pytest.mark.fault(9)
@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("", "empty"),
        ("a b", "space"),
        ("ab\n", "line break"),
        ("'ab'", "quotation"),
        ('"ab', "quotation"),
        ("“ab”", "quotation"),
        ("ab\x07", "no key"),
        ("äb", "no key"),
    ],
)
def test_a_malformed_key_is_told_in_words_that_give_nothing_away(value, why):
    problem = problem_of(Secret(value)) or ""
    assert why in problem
    assert not value or value not in problem


@pytest.mark.fault(9)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\"'`"), min_size=1))
def test_any_plain_run_of_characters_may_be_a_key(value):
    assert problem_of(Secret(value)) is None


@pytest.mark.fault(59)
def test_a_secret_shows_nowhere_and_cannot_be_copied(tmp_path):
    secret = Secret("canary-4711")
    source = found(tmp_path, secret)
    assert "canary" not in repr(secret) + str(secret) + repr(source) + repr([secret]) + f"{source}"
    for leave in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            leave(secret)
        with pytest.raises(TypeError):
            leave({"source": source} if leave is not copy.copy else secret)
