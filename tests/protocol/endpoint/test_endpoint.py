"""Which endpoint is meant: by name, address, environment and arguments."""

from __future__ import annotations

import functools

import pytest

from realtime_widgets.errors import ConfigurationError, ConnectionFailedError
from realtime_widgets.protocol.endpoint.endpoint import Endpoint, Secret, resolve_endpoint
from tests.protocol.endpoint.keys import AZURE, KEY


def test_without_key_and_address_it_is_the_local_one() -> None:
    endpoint = resolve_endpoint()
    assert (endpoint.local, endpoint.name, endpoint.api_key) == (True, "local", None)


def test_a_key_means_openai(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    endpoint = resolve_endpoint()
    assert endpoint.name == "OpenAI"
    assert endpoint.headers() == {"Authorization": f"Bearer {KEY}"}
    assert endpoint.websocket_url() == f"wss://api.openai.com/v1/realtime?model={endpoint.model}"
    assert resolve_endpoint(api_key="sk-other").headers() == {"Authorization": "Bearer sk-other"}


def test_an_empty_key_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "  ")
    assert resolve_endpoint().local


def test_the_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert resolve_endpoint().base_url == "http://127.0.0.1:1/v1"
    assert resolve_endpoint("http://127.0.0.1:2/v1").base_url == "http://127.0.0.1:2/v1"
    assert resolve_endpoint("local").local
    assert resolve_endpoint("openai").name == "OpenAI"


def test_openai_without_a_key_says_what_to_do() -> None:
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        resolve_endpoint("openai")


def test_arguments_replace_what_an_endpoint_holds() -> None:
    mine = Endpoint("http://127.0.0.1:1/v1", "mine", None, Secret(KEY))
    assert resolve_endpoint(mine) == mine
    changed = resolve_endpoint(mine, api_key="sk-new", model="other", transcription="t")
    assert (changed.model, changed.transcription, changed.base_url) == ("other", "t", mine.base_url)
    assert changed.headers() == {"Authorization": "Bearer sk-new"}


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("localhost", True), ("[::1]", True), ("127.8.9.1", True), ("voice.example", False)],
)
def test_it_is_known_which_endpoints_are_on_this_machine(host: str, here: bool) -> None:
    assert Endpoint(f"http://{host}:1/v1", "m").loopback is here


def test_azure_says_what_it_lacks() -> None:
    with pytest.raises(ConfigurationError, match="AZURE_OPENAI_ENDPOINT"):
        resolve_endpoint("azure", "k", "talker")
    with pytest.raises(ConfigurationError, match="deployment"):
        resolve_endpoint(f"azure:{AZURE}", "k")
    with pytest.raises(ConfigurationError, match="AZURE_OPENAI_API_KEY"):
        resolve_endpoint(f"azure:{AZURE}", None, "talker")


def test_xai_has_its_own_ways() -> None:
    endpoint = resolve_endpoint("xai", "k")
    assert endpoint.websocket_url() == "wss://api.x.ai/v1/realtime?model=grok-voice-latest"
    assert (endpoint.dialect, endpoint.name) == ("xai", "xAI")
    assert not endpoint.capabilities.truncate
    with pytest.raises(ConfigurationError, match="XAI_API_KEY"):
        resolve_endpoint("xai")


async def test_a_token_is_asked_for_anew_for_every_connection() -> None:
    tokens = iter(["eyJ.one", "eyJ.two", "eyJ.three"])

    async def later() -> str:
        return next(tokens)

    for provider in (lambda: next(tokens), later, functools.partial(later)):
        endpoint = resolve_endpoint(f"azure:{AZURE}", provider, "talker")  # type: ignore[arg-type]
        assert endpoint.headers() == {}
        assert "eyJ" in (await endpoint.fresh_headers())["Authorization"]
        assert "eyJ" not in repr(endpoint)
    assert next(tokens, None) is None


async def test_a_provider_that_fails_is_told_without_its_words() -> None:
    def fails() -> str:
        raise RuntimeError(f"cannot refresh {KEY}")

    for provider, words in ((fails, "RuntimeError"), (lambda: "", "none")):
        with pytest.raises(ConnectionFailedError, match=words) as caught:
            await resolve_endpoint("openai", provider).fresh_headers()
        assert KEY not in str(caught.value)


def test_a_dialect_must_be_one() -> None:
    with pytest.raises(ConfigurationError, match="2024"):
        resolve_endpoint("http://127.0.0.1:1/v1", dialect="2023")  # type: ignore[arg-type]
    assert resolve_endpoint("http://127.0.0.1:1/v1", dialect="2024").dialect == "2024"
    assert resolve_endpoint("http://127.0.0.1:1/v1").dialect == "auto"


@pytest.mark.parametrize("endpoint", ["local", "http://localhost:8000/v1"])
def test_a_live_model_is_told_to_speak_another_protocol(endpoint: str) -> None:
    for model in ("gpt-live-1", "gpt-live-1.1"):
        with pytest.raises(ConfigurationError, match=r"another protocol.*invalid_model"):
            resolve_endpoint(endpoint, model=model)
    assert resolve_endpoint(endpoint, transcription="gpt-live-transcribe").transcription == "gpt-live-transcribe"
