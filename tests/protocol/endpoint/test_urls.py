"""Addresses: every form of one leads to the same place, and what is none is refused."""

from __future__ import annotations

import traceback

import pytest

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.endpoint.endpoint import Endpoint, resolve_endpoint
from tests.protocol.endpoint.keys import AZURE, AZURE_URL, KEY


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("http://127.0.0.1:8000/v1", "ws://127.0.0.1:8000/v1/realtime?model=a+b%2Fc"),
        ("https://voice.example/v1/", "wss://voice.example/v1/realtime?model=a+b%2Fc"),
        ("wss://voice.example/v1/realtime", "wss://voice.example/v1/realtime?model=a+b%2Fc"),
        ("ws://[::1]:80/v1/realtime/", "ws://[::1]:80/v1/realtime?model=a+b%2Fc"),
    ],
)
def test_every_form_of_an_address_leads_to_the_same_place(given: str, url: str) -> None:
    assert resolve_endpoint(given, model="a b/c").websocket_url() == url


@pytest.mark.parametrize(
    "given", ["openia", "127.0.0.1:8000", "ftp://host/v1", "http://", "http://[::1/v1", "http://h:99999/v1"]
)
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(ConfigurationError):
        resolve_endpoint(given)


@pytest.mark.parametrize(
    "given", [f"https://me:{KEY}@host/v1", f"https://host/v1?api-key={KEY}", f"https://host/v1#{KEY}"]
)
def test_an_address_that_holds_a_secret_is_refused_without_showing_it(given: str) -> None:
    for make in (resolve_endpoint, lambda url: Endpoint(url, "m")):
        with pytest.raises(ConfigurationError, match="api_key=") as caught:
            make(given)
        assert KEY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("given", [AZURE, f"{AZURE}/", f"{AZURE}/openai/v1/", f"{AZURE}/openai/deployments/d/"])
def test_azure_is_reached_by_the_path_of_today(given: str) -> None:
    endpoint = resolve_endpoint(f"azure:{given}", "k", "talker")
    assert endpoint.websocket_url() == AZURE_URL
    assert (endpoint.transcription, endpoint.dialect, endpoint.name) == (None, "ga", "res.openai.azure.com")
    assert Endpoint.azure(given, "talker", api_key="k").websocket_url() == AZURE_URL
