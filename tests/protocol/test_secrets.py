"""Types that show no secret, what is masked, and functions whose failures show no locals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from traceback import format_exception
from typing import Any

import msgspec
import pytest

from realtime_widgets.protocol.secrets import (
    Secret,
    SecretTexts,
    looks_like_a_key,
    masked,
    masked_frame,
    opened,
    shown,
    without_locals,
)
from tests.tracebacks import key, leaks


def test_neither_a_secret_nor_texts_show_what_they_hold() -> None:
    for thing in (Secret(key()), Secret.unchecked(f"{key()} and more"), SecretTexts({"Authorization": key()})):
        assert leaks(repr(thing), str(thing), f"{thing}", repr([thing]), repr({"a": thing})) == []
        assert not isinstance(thing, Mapping)  # reporters of errors write out mappings
    assert "Authorization" in repr(SecretTexts({"Authorization": key()}))


def test_secrets_are_opened_where_they_are_sent_and_masked_where_they_are_kept() -> None:
    told: dict[str, Any] = {"a": Secret(key()), "b": SecretTexts({"X-Key": key()})}
    assert msgspec.json.decode(msgspec.json.encode(told, enc_hook=opened)) == {"a": key(), "b": {"X-Key": key()}}
    assert msgspec.to_builtins(told, enc_hook=shown) == {"a": "…", "b": {"X-Key": "…"}}
    for hook in (opened, shown):
        with pytest.raises(TypeError, match="object"):
            hook(object())


def test_equal_secrets_are_equal() -> None:
    assert Secret(key()) == Secret(f" {key()}\n")
    assert Secret(key()) != Secret("sk-other")
    assert Secret(key()) != key()
    assert len({Secret(key()), Secret(key())}) == 1
    assert SecretTexts({"a": "b"}) == SecretTexts({"a": "b"}) == {"a": "b"}


def test_a_secret_is_masked_while_it_is_in_use() -> None:
    assert masked_frame(f"it is {key()}.") == f"it is {key()}."
    secret = Secret(key())
    same = Secret(key())
    assert masked_frame(f"it is {key()}.") == "it is …."
    del same
    assert masked_frame(f"it is {key()}.") == "it is …."
    assert secret
    del secret
    assert masked_frame(f"it is {key()}.") == f"it is {key()}."


@pytest.mark.parametrize("placeholder", ["ollama", "not-needed", "EMPTY", "lm-studio", "sk-no-key", "k1"])
def test_what_stands_in_for_a_key_may_be_said(placeholder: str) -> None:
    secret = Secret(placeholder)
    assert masked_frame(f"I run on {placeholder}.") == f"I run on {placeholder}."
    assert secret


def test_of_headers_and_variables_what_must_be_secret_is_masked_everywhere_and_all_in_errors() -> None:
    texts = SecretTexts({"Authorization": f"Bearer {key()}", "X-Team": "research-2024", "DOCS": "/data/docs1"})
    assert masked_frame(f"{key()} research-2024 /data/docs1") == "… research-2024 /data/docs1"
    assert texts.masked(f"{key()} research-2024 /data/docs1") == "… … …"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("socks5://me:pass@host:1 is no proxy", "socks5://…@host:1 is no proxy"),
        ("http://me:p:w@h/x and http://host/v1", "http://…@h/x and http://host/v1"),
        ("mail me@host // or not", "mail me@host // or not"),
    ],
)
def test_the_user_of_an_address_is_masked(text: str, clean: str) -> None:
    assert masked(text) == clean


@pytest.mark.parametrize(
    "text", ["sk-abc", "sk-proj-" + "a" * 40, "xai-1", "eyJhbGciOi", "0f" * 16, "Bearer sk-1"]
)
def test_what_may_be_a_key_is_noticed(text: str) -> None:
    assert looks_like_a_key(text)


@pytest.mark.parametrize(
    "text", ["openia", "127.0.0.1:8000", "localhost:8000/v1", "voice.my-company.example.com/v1"]
)
def test_an_address_that_was_mistyped_may_be_shown(text: str) -> None:
    assert not looks_like_a_key(text)


def test_a_failure_shows_its_lines_but_no_locals() -> None:
    def fails(secret: str) -> None:
        local = secret
        raise ValueError(len(local))

    @without_locals
    def given(secret: str, *more: str, **named: str) -> None:
        try:
            fails(secret)
        except ValueError as error:
            raise KeyError("no") from error

    with pytest.raises(KeyError) as failed:
        given(key(), key(), named=key())
    assert leaks(failed.value) == []
    assert "raise ValueError(len(local))" in "".join(format_exception(failed.value))


def test_a_decorated_function_is_what_it_was() -> None:
    @without_locals
    def given(secret: str, *, more: int = 1) -> str:
        """Return it."""
        return secret * more

    assert (given("a", more=2), given.__name__, given.__doc__) == ("aa", "given", "Return it.")

    @dataclass
    class Holds:
        secret: Secret

    assert leaks(repr(Holds(Secret(key())))) == []
    with pytest.raises(TypeError, match="pickled"):
        asdict(Holds(Secret(key())))
