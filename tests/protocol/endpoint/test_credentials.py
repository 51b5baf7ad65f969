"""Keys: each goes to its own service only, encrypted, and is never shown."""

from __future__ import annotations

import copy
import logging
import pickle

import pytest

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.endpoint.endpoint import Endpoint, Secret, resolve_endpoint
from tests.protocol.endpoint.keys import AZURE, KEY, set_all


@pytest.mark.parametrize("key", ["sk-abc\nX-Other: 1", "sk-abc…xyz", "sk abc"])
def test_a_key_that_can_be_none_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ConfigurationError, match="API key") as caught:
        resolve_endpoint("openai", api_key=key)
    assert "sk" not in str(caught.value)


def test_a_key_read_from_a_file_works_with_its_line_break() -> None:
    assert resolve_endpoint("openai", api_key=f"{KEY}\n").headers() == {"Authorization": f"Bearer {KEY}"}


def test_no_secret_is_shown(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(KEY)
    endpoint = Endpoint("http://127.0.0.1:1/v1", "m", api_key=KEY)  # type: ignore[arg-type]
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").debug("%s %r %s", secret, secret, endpoint)
    shown = [repr(secret), str(secret), f"{secret}", repr(endpoint), str(endpoint), caplog.text]
    assert not any(KEY in text for text in shown)
    assert endpoint.headers() == {"Authorization": f"Bearer {KEY}"}


@pytest.mark.parametrize("thing", [Secret(KEY), Endpoint("http://127.0.0.1:1/v1", "m", api_key=Secret(KEY))])
def test_no_secret_is_pickled_or_copied(thing: object) -> None:
    for action in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError) as caught:
            action(thing)
        assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "headers"),
    [
        ("openai", {"Authorization": "Bearer sk-open"}),
        ("https://api.openai.com/v1", {"Authorization": "Bearer sk-open"}),
        ("xai", {"Authorization": "Bearer xai-key"}),
        (f"azure:{AZURE}", {"api-key": "azure-key"}),
        (f"{AZURE}/openai/v1", {"api-key": "azure-key"}),
        ("https://voice.example/v1", {}),
        ("http://127.0.0.1:8000/v1", {}),
        ("https://api.openai.com.evil.example/v1", {}),
        ("https://openai.azure.com.evil.example/v1", {}),
        ("local", {}),
    ],
)
def test_a_key_of_the_environment_goes_to_its_own_service_only(
    monkeypatch: pytest.MonkeyPatch, given: str, headers: dict[str, str]
) -> None:
    set_all(monkeypatch)
    assert resolve_endpoint(given, model="talker").headers() == headers


@pytest.mark.parametrize(
    "given", ["http://api.openai.com/v1", "ws://api.x.ai/v1", "azure:http://res.openai.azure.com"]
)
def test_no_key_of_the_environment_goes_out_unencrypted(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    set_all(monkeypatch)
    with pytest.raises(ConfigurationError, match="needs an API key"):
        resolve_endpoint(given, model="talker")


def test_openais_key_goes_to_the_configured_address_too(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1/")
    bearer = {"Authorization": "Bearer sk-open"}
    assert resolve_endpoint().headers() == bearer
    assert resolve_endpoint("http://127.0.0.1:9/v1").headers() == bearer
    assert resolve_endpoint("http://127.0.0.1:8/v1").headers() == {}
    assert resolve_endpoint("http://127.0.0.1:8/v1", api_key="mine").headers() == {"Authorization": "Bearer mine"}


def test_azures_key_goes_to_the_configured_resource_only(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch)
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", f"{AZURE}/")
    assert resolve_endpoint("azure", model="talker").headers() == {"api-key": "azure-key"}
    with pytest.raises(ConfigurationError, match="needs an API key"):
        resolve_endpoint("azure:https://other.openai.azure.com", model="talker")
