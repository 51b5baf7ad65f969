"""A client of the openai package says where to connect, and with which key."""

from __future__ import annotations

import pytest

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.endpoint.endpoint import resolve_endpoint
from tests.protocol.endpoint.keys import AZURE, AZURE_URL, KEY, set_all


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

    async def test_azures_clients_keep_their_header_before_a_gateway(self) -> None:
        gateway = "https://gateway.example"
        options = {"azure_endpoint": gateway, "api_version": "2025-04-01-preview"}
        for kind in (self.openai.AzureOpenAI, self.openai.AsyncAzureOpenAI):
            keyed = resolve_endpoint(client=kind(api_key="azure-key", **options), model="talker")
            assert keyed.websocket_url() == "wss://gateway.example/openai/v1/realtime?model=talker"
            assert keyed.headers() == {"api-key": "azure-key"}
            assert "azure-key" not in repr(keyed)
            asked = resolve_endpoint(
                client=kind(azure_ad_token_provider=lambda: "eyJ.entra", **options), model="talker"
            )
            assert await asked.fresh_headers() == {"Authorization": "Bearer eyJ.entra"}

    def test_what_is_no_client_is_refused(self) -> None:
        with pytest.raises(ConfigurationError, match="AsyncOpenAI"):
            resolve_endpoint(client=object())
