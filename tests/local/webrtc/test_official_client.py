"""The official Python client begins a call, steers it beside the peer, and hangs up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import openai
import pytest
from aiortc import RTCSessionDescription

from tests.local.webrtc.caller import TIMEOUT_S, Caller

if TYPE_CHECKING:
    from tests.local.conftest import StartEndpoint

KEY = "correct-horse"


async def test_a_call_is_begun_attached_to_and_hung_up(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(api_key=KEY)
    caller = Caller()
    async with openai.AsyncOpenAI(base_url=endpoint.url + "/v1", api_key=KEY, max_retries=0) as client:
        session = {"type": "realtime", "instructions": "Whisper.", "output_modalities": ["audio"]}
        answer = await client.realtime.calls.create(sdp=await caller.offer(), session=session)
        await caller.connection.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        call_id = answer.response.headers["Location"].rpartition("/")[2]
        created = await caller.until("session.created")
        assert created["session"]["instructions"] == "Whisper."

        async with client.realtime.connect(call_id=call_id) as sideband:
            assert (await sideband.recv()).type == "session.created"
            await sideband.response.create(response={"instructions": "Greet."})
            await caller.until("output_audio_buffer.stopped")
            await client.realtime.calls.hangup(call_id)
            await asyncio.wait_for(caller.closed.wait(), TIMEOUT_S)
        with pytest.raises(openai.NotFoundError) as gone:
            await client.realtime.calls.hangup(call_id)
        assert gone.value.code == "call_id_not_found"
    await caller.close()


async def test_a_refused_offer_is_the_clients_error(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(api_key=KEY)
    async with openai.AsyncOpenAI(base_url=endpoint.url + "/v1", api_key=KEY, max_retries=0) as client:
        with pytest.raises(openai.BadRequestError) as refused:
            await client.realtime.calls.create(sdp="v=0\r\nnonsense")
        assert refused.value.param == "sdp"
        with pytest.raises(openai.BadRequestError) as refused:
            await client.realtime.calls.create(
                sdp="v=0", session={"type": "realtime", "output_modalities": ["smell"]}
            )
        assert "output_modalities" in str(refused.value)
    form = aiohttp.FormData({"sdp": "v=0", "session": "[]"}, default_to_multipart=True)
    headers = {"Authorization": f"Bearer {KEY}"}
    async with endpoint.http.post(endpoint.url + "/v1/realtime/calls", data=form, headers=headers) as answer:
        assert (answer.status, (await answer.json())["error"]["param"]) == (400, "session")
