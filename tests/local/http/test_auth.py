"""Who may come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
import pytest

if TYPE_CHECKING:
    from tests.local.conftest import Endpoint, StartEndpoint


KEY = "correct-horse"


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize("path", ["/v1/models", "/v1/realtime"])
async def test_wrong_or_no_key_is_turned_away(start_endpoint: StartEndpoint, path: str) -> None:
    endpoint = await start_endpoint(api_key=KEY)
    for headers in ({}, bearer("wrong"), bearer("cl\u00e9"), {"Authorization": KEY}, bearer(KEY + "x")):
        async with endpoint.http.get(endpoint.url + path, headers=headers) as answer:
            assert answer.status == 401
            error = (await answer.json())["error"]
            assert error["code"] == "invalid_api_key"
            assert KEY not in error["message"]
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await endpoint.connect(headers=bearer("wrong"))
    assert refused.value.status == 401


async def test_key_opens(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(api_key=KEY)
    async with endpoint.http.get(endpoint.url + "/v1/models", headers=bearer(KEY)) as answer:
        assert answer.status == 200
    await endpoint.connect(headers=bearer(KEY))


async def test_browser_shows_its_key_as_a_subprotocol(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(api_key=KEY)
    protocols = ("realtime", f"openai-insecure-api-key.{KEY}")
    client = await endpoint.connect(protocols=protocols)
    assert client.socket.protocol == "realtime"
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await endpoint.connect(protocols=("realtime", "openai-insecure-api-key.wrong"))


async def test_pages_of_other_sites_stay_out_without_a_key(endpoint: Endpoint) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await endpoint.connect(headers={"Origin": "https://example.com"})
    assert refused.value.status == 403
    await endpoint.connect(headers={"Origin": "http://localhost:8888"})


@pytest.mark.parametrize("path", ["/v1/models", "/metrics", "/v1/realtime"])
async def test_a_name_that_was_made_to_lead_here_opens_nothing_without_a_key(
    endpoint: Endpoint, path: str
) -> None:
    for host in (
        "attacker.example",
        "attacker.example:8080",
        "localhost.attacker.example",
        "127.0.0.1.nip.io",
        "",
    ):
        async with endpoint.http.get(endpoint.url + path, headers={"Host": host}) as answer:
            assert answer.status == 403
            error = (await answer.json())["error"]
            assert error["code"] == "host_not_allowed"
            assert "http://localhost" in error["message"]


async def test_a_name_of_this_machine_opens_without_a_key(endpoint: Endpoint) -> None:
    for host in ("localhost", "localhost:1234", "LOCALHOST.", "app.localhost", "127.0.0.1:80", "[::1]:80"):
        async with endpoint.http.get(endpoint.url + "/v1/models", headers={"Host": host}) as answer:
            assert answer.status == 200


async def test_with_a_key_any_name_will_do(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(api_key=KEY)
    headers = {**bearer(KEY), "Host": "voice.example"}
    async with endpoint.http.get(endpoint.url + "/v1/models", headers=headers) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("header", [{"Origin": "http://["}, {"Origin": "http://[::zz]"}, {"Host": "[::1"}])
async def test_an_address_that_is_none_is_a_bad_request(endpoint: Endpoint, header: dict[str, str]) -> None:
    async with endpoint.http.get(endpoint.url + "/v1/models", headers=header) as answer:
        assert answer.status == 400
        assert next(iter(header)) in (await answer.json())["error"]["message"]
