from __future__ import annotations

import copy
import functools
import logging
import pickle
import traceback

import pytest

from realtime_widgets.errors import ConfigurationError, ConnectionFailedError
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


AZURE = "https://res.openai.azure.com"
AZURE_URL = "wss://res.openai.azure.com/openai/v1/realtime?model=talker"


def set_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("OPENAI", "sk-open"), ("AZURE_OPENAI", "azure-key"), ("XAI", "xai-key")):
        monkeypatch.setenv(f"{name}_API_KEY", value)


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


@pytest.mark.parametrize("given", [AZURE, f"{AZURE}/", f"{AZURE}/openai/v1/", f"{AZURE}/openai/deployments/d/"])
def test_azure_is_reached_by_the_path_of_today(given: str) -> None:
    endpoint = resolve_endpoint(f"azure:{given}", "k", "talker")
    assert endpoint.websocket_url() == AZURE_URL
    assert (endpoint.transcription, endpoint.dialect, endpoint.name) == (None, "ga", "res.openai.azure.com")
    assert Endpoint.azure(given, "talker", api_key="k").websocket_url() == AZURE_URL


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


class TestClients:
    @pytest.fixture(autouse=True)
    def openai(self) -> None:
        self.openai = pytest.importorskip("openai")

    @pytest.mark.parametrize("kind", ["OpenAI", "AsyncOpenAI"])
    def test_the_address_and_the_key_of_a_client_are_taken(self, kind: str) -> None:
        client = getattr(self.openai, kind)(
            api_key=KEY, base_url="http://127.0.0.1:7/v1", organization="org", default_headers={"X-Team": "t"}
        )
        endpoint = resolve_endpoint(client=client, model="m")
        assert endpoint.websocket_url() == "ws://127.0.0.1:7/v1/realtime?model=m"
        authorized = {"Authorization": f"Bearer {KEY}", "OpenAI-Organization": "org", "X-Team": "t"}
        assert endpoint.headers() == authorized
        assert KEY not in repr(endpoint)

    def test_a_clients_key_stays_with_the_clients_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        set_all(monkeypatch)
        client = self.openai.AsyncOpenAI(api_key="theirs", base_url="https://voice.example/v1")
        assert resolve_endpoint(client=client).headers() == {"Authorization": "Bearer theirs"}
        with pytest.raises(ConfigurationError, match="not both"):
            resolve_endpoint("openai", client=client)

    async def test_a_client_with_a_provider(self) -> None:
        async def provider() -> str:
            return "eyJ.token"

        endpoint = resolve_endpoint(client=self.openai.AsyncOpenAI(api_key=provider))
        assert await endpoint.fresh_headers() == {"Authorization": "Bearer eyJ.token"}

    async def test_azures_clients_are_led_to_the_path_of_today(self) -> None:
        options = {"azure_endpoint": AZURE, "api_version": "2025-04-01-preview"}
        for kind in (self.openai.AzureOpenAI, self.openai.AsyncAzureOpenAI):
            keyed = resolve_endpoint(client=kind(api_key="azure-key", **options), model="talker")
            assert (keyed.websocket_url(), keyed.headers()) == (AZURE_URL, {"api-key": "azure-key"})
            asked = kind(azure_ad_token_provider=lambda: "eyJ.entra", azure_deployment="d", **options)
            endpoint = resolve_endpoint(client=asked, model="talker")
            assert endpoint.websocket_url() == AZURE_URL
            assert await endpoint.fresh_headers() == {"Authorization": "Bearer eyJ.entra"}
            token = resolve_endpoint(client=kind(azure_ad_token="eyJ.static", **options), model="talker")
            assert token.headers() == {"Authorization": "Bearer eyJ.static"}

    def test_what_is_no_client_is_refused(self) -> None:
        with pytest.raises(ConfigurationError, match="AsyncOpenAI"):
            resolve_endpoint(client=object())
