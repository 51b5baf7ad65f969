from __future__ import annotations

import copy
import logging
import pickle
import traceback

import pytest

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.endpoints import Endpoint, Secret, resolve_endpoint

KEY = "sk-verysecret123"


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


@pytest.mark.parametrize("key", ["sk-abc\nX-Other: 1", "sk-abc…xyz", "sk abc"])
def test_a_key_that_can_be_none_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ConfigurationError, match="API key") as caught:
        resolve_endpoint("openai", api_key=key)
    assert "sk" not in str(caught.value)


def test_a_key_read_from_a_file_works_with_its_line_break() -> None:
    assert resolve_endpoint("openai", api_key=f"{KEY}\n").headers() == {"Authorization": f"Bearer {KEY}"}


def test_arguments_replace_what_an_endpoint_holds() -> None:
    mine = Endpoint("http://127.0.0.1:1/v1", "mine", None, Secret(KEY))
    assert resolve_endpoint(mine) == mine
    changed = resolve_endpoint(mine, api_key="sk-new", model="other", transcription="t")
    assert (changed.model, changed.transcription, changed.base_url) == ("other", "t", mine.base_url)
    assert changed.headers() == {"Authorization": "Bearer sk-new"}


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
    ("host", "here"),
    [("127.0.0.1", True), ("localhost", True), ("[::1]", True), ("127.8.9.1", True), ("voice.example", False)],
)
def test_it_is_known_which_endpoints_are_on_this_machine(host: str, here: bool) -> None:
    assert Endpoint(f"http://{host}:1/v1", "m").loopback is here
