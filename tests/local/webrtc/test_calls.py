"""Calls over WebRTC on loopback, with small stages: sound and events, interruptions, the sideband, the end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest

from realtime_widgets.local.webrtc.candidates import offered_addresses
from tests.local.conftest import TIMEOUT_S
from tests.local.stand_ins import tone
from tests.local.webrtc.caller import Caller

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.local.conftest import Endpoint, StartEndpoint


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    caller = Caller()
    yield caller
    await caller.close()


async def test_a_written_turn_is_answered_in_sound_over_the_track(endpoint: Endpoint, caller: Caller) -> None:
    await caller.call(endpoint.http, endpoint.url)
    await caller.until("session.created")
    caller.write("good morning")
    started = await caller.until("output_audio_buffer.started")
    stopped = await caller.until("output_audio_buffer.stopped")
    assert started["response_id"] == stopped["response_id"]
    types = caller.types()
    assert "response.output_audio.delta" not in types
    assert types.index("response.content_part.added") < types.index("output_audio_buffer.started")
    assert types.index("response.done") < types.index("output_audio_buffer.stopped")


async def test_a_spoken_turn_is_heard_and_answered(endpoint: Endpoint, caller: Caller) -> None:
    session = {"type": "realtime", "audio": {"input": {"transcription": {"model": "whisper-1"}}}}
    await caller.call(endpoint.http, endpoint.url, session=session)
    created = await caller.until("session.created")
    assert created["session"]["audio"]["input"]["transcription"]["model"] == "whisper-1"
    caller.say(tone(0.8))
    said = await caller.until("conversation.item.input_audio_transcription.completed")
    assert said["transcript"] == "hello there"
    await caller.until("output_audio_buffer.stopped")


async def test_a_call_can_be_for_transcription_only(endpoint: Endpoint, caller: Caller) -> None:
    session = {"type": "transcription", "audio": {"input": {"transcription": {"model": "whisper-1"}}}}
    await caller.call(endpoint.http, endpoint.url, session=session)
    assert (await caller.until("session.created"))["session"]["type"] == "transcription"
    caller.say(tone(0.8))
    said = await caller.until("conversation.item.input_audio_transcription.completed")
    assert said["transcript"] == "hello there"
    assert not any(kind.startswith("response.") for kind in caller.types())


async def test_speech_cuts_the_answer_at_what_was_played(endpoint: Endpoint, caller: Caller) -> None:
    endpoint.synthesiser.free = 100
    await caller.call(endpoint.http, endpoint.url)
    caller.write("long")
    await caller.until("output_audio_buffer.started")
    caller.say(bytes(48_000) + tone(0.6, 3000))
    await caller.until("input_audio_buffer.speech_started")
    heard_ms = caller.heard_ms()
    cleared = await caller.until("output_audio_buffer.cleared")
    truncated = await caller.until("conversation.item.truncated")
    assert cleared["response_id"]
    # What was played is ahead of what was heard by the sound on its way.
    assert heard_ms - 50 <= truncated["audio_end_ms"] <= heard_ms + 1000
    assert truncated["audio_end_ms"] < 20_000
    caller.send("conversation.item.retrieve", item_id=truncated["item_id"])
    item = (await caller.until("conversation.item.retrieved"))["item"]
    assert item["content"][0]["transcript"] is None
    assert "audio" not in item["content"][0]


async def test_the_client_clears_what_plays(endpoint: Endpoint, caller: Caller) -> None:
    endpoint.synthesiser.free = 100
    await caller.call(endpoint.http, endpoint.url)
    caller.write("long")
    started = await caller.until("output_audio_buffer.started")
    caller.send("response.cancel")
    caller.send("output_audio_buffer.clear")
    cleared = await caller.until("output_audio_buffer.cleared")
    assert cleared["response_id"] == started["response_id"]
    await caller.until("conversation.item.truncated")


async def test_sidebands_see_and_steer_and_the_call_goes_on_without_them(
    endpoint: Endpoint, caller: Caller
) -> None:
    await caller.call(endpoint.http, endpoint.url)
    sidebands = [await endpoint.connect(f"?call_id={caller.call_id}") for _ in range(2)]
    effective = await sidebands[0].configure(instructions="Be brief.")
    assert effective["instructions"] == "Be brief."
    await sidebands[1].until("session.updated")
    await caller.until("session.updated")
    await sidebands[1].say("good morning")
    await sidebands[0].until("output_audio_buffer.stopped")
    await caller.until("output_audio_buffer.stopped")
    for sideband in sidebands:
        await sideband.socket.close()
    caller.write("still there?")
    await caller.until("output_audio_buffer.stopped")


async def test_a_sideband_that_does_not_read_is_dropped_and_the_call_goes_on(
    endpoint: Endpoint, caller: Caller
) -> None:
    await caller.call(endpoint.http, endpoint.url)
    await caller.until("session.created")
    idle, reading = [await endpoint.connect(f"?call_id={caller.call_id}") for _ in range(2)]
    content = [{"type": "input_text", "text": "x" * 4_000_000}]
    for _ in range(12):
        await reading.send(
            "conversation.item.create", item={"type": "message", "role": "user", "content": content}
        )
        await reading.until("conversation.item.done")
    received = 0
    while True:
        message = await asyncio.wait_for(idle.socket.receive(), TIMEOUT_S)
        if message.type is not aiohttp.WSMsgType.TEXT:
            break
        received += 1
    assert received < 24
    assert idle.socket.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE
    await reading.say("good morning")
    await reading.until("output_audio_buffer.stopped")


async def test_the_sidebands_of_a_call_are_limited(endpoint: Endpoint, caller: Caller) -> None:
    await caller.call(endpoint.http, endpoint.url)
    query = f"?call_id={caller.call_id}"
    sidebands = [await endpoint.connect(query) for _ in range(8)]
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await endpoint.connect(query)
    assert refused.value.status == 429
    await sidebands[0].socket.close()
    await endpoint.connect(query)


async def test_an_answer_is_played_out_where_the_offer_takes_no_sound(endpoint: Endpoint) -> None:
    caller = Caller("sendonly")
    await caller.call(endpoint.http, endpoint.url)
    caller.say(tone(0.8))
    started = await caller.until("output_audio_buffer.started")
    stopped = await caller.until("output_audio_buffer.stopped")
    assert started["response_id"] == stopped["response_id"]
    assert caller.sound == []
    await caller.close()


async def test_hanging_up_ends_the_call_for_all(endpoint: Endpoint, caller: Caller) -> None:
    await caller.call(endpoint.http, endpoint.url)
    sideband = await endpoint.connect(f"?call_id={caller.call_id}")
    async with endpoint.http.post(f"{endpoint.url}{caller.location}/hangup") as answer:
        assert answer.status == 200
    assert (await asyncio.wait_for(sideband.socket.receive(), TIMEOUT_S)).type.name == "CLOSE"
    await asyncio.wait_for(caller.closed.wait(), TIMEOUT_S)
    for path in (f"{caller.location}/hangup", "/v1/realtime/calls/rtc_unknown/hangup"):
        async with endpoint.http.post(endpoint.url + path) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (404, "call_id_not_found")


async def test_calls_count_as_sessions(start_endpoint: StartEndpoint, caller: Caller) -> None:
    endpoint = await start_endpoint(max_sessions=1)
    await caller.call(endpoint.http, endpoint.url)
    second = Caller()
    headers = {"Content-Type": "application/sdp"}
    async with endpoint.http.post(
        endpoint.url + "/v1/realtime/calls", data=await second.offer(), headers=headers
    ) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (429, "rate_limit_exceeded")
    await second.close()


async def test_of_offers_that_come_together_no_more_are_taken_than_there_is_room_for(
    start_endpoint: StartEndpoint,
) -> None:
    endpoint = await start_endpoint(max_sessions=2)
    callers = [Caller() for _ in range(4)]

    async def status(caller: Caller) -> int:
        headers = {"Content-Type": "application/sdp"}
        offer = await caller.offer()
        async with endpoint.http.post(endpoint.url + "/v1/realtime/calls", data=offer, headers=headers) as answer:
            return answer.status

    statuses = await asyncio.gather(*map(status, callers))
    assert sorted(statuses) == [201, 201, 429, 429]
    for caller in callers:
        await caller.close()


async def test_what_is_no_offer_is_refused(endpoint: Endpoint) -> None:
    headers = {"Content-Type": "application/sdp"}
    async with endpoint.http.post(
        endpoint.url + "/v1/realtime/calls", data="v=0\r\nnonsense", headers=headers
    ) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]["param"] == "sdp"


async def test_a_client_secret_begins_a_call_with_its_configuration(
    start_endpoint: StartEndpoint, caller: Caller
) -> None:
    endpoint = await start_endpoint(api_key="the key")
    async with endpoint.http.post(
        endpoint.url + "/v1/realtime/client_secrets",
        json={"session": {"type": "realtime", "instructions": "Whisper."}},
        headers={"Authorization": "Bearer the key"},
    ) as answer:
        secret = (await answer.json())["value"]
    await caller.call(endpoint.http, endpoint.url, secret)
    assert (await caller.until("session.created"))["session"]["instructions"] == "Whisper."


async def test_a_call_ends_with_its_peer(start_endpoint: StartEndpoint, caller: Caller) -> None:
    endpoint = await start_endpoint(max_sessions=1)
    await caller.call(endpoint.http, endpoint.url)
    sideband = await endpoint.connect(f"?call_id={caller.call_id}")
    await caller.close()
    assert (await asyncio.wait_for(sideband.socket.receive(), TIMEOUT_S)).type.name == "CLOSE"


async def test_only_the_address_served_is_offered(endpoint: Endpoint, caller: Caller) -> None:
    await caller.call(endpoint.http, endpoint.url)
    assert offered_addresses(caller.connection.remoteDescription.sdp) == {"127.0.0.1"}


async def test_pages_of_other_origins_may_ask_to_call(start_endpoint: StartEndpoint) -> None:
    endpoint = await start_endpoint(api_key="the key")
    async with endpoint.http.options(endpoint.url + "/v1/realtime/calls") as answer:
        assert answer.status == 204
        assert answer.headers["Access-Control-Expose-Headers"] == "Location"


SDP, FORM = "application/sdp", "multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (SDP, b"\x00\xff\xfe\x80"),
        (SDP, b"\x80" * 1000),
        (SDP, b""),
        (SDP, b"no sdp"),
        (SDP, b"v=0\r\nm=audio x y z\r\na=\r\n"),
        (f"{SDP}; charset=no-such", b"v=0\r\n"),
        (FORM, b"\xff\xfe"),
        (FORM, b"--x\r\nContent-Disposition: form-data\r\n\r\n\xff\r\n--x--\r\n"),
        (FORM, b'--x\r\nContent-Disposition: form-data; name="sdp"\r\n\r\n\xff\xfe\r\n--x--\r\n'),
        (
            FORM,
            b'--x\r\nContent-Disposition: form-data; name="sdp"\r\n\r\nv=0\r\n'
            b'--x\r\nContent-Disposition: form-data; name="session"\r\n\r\n'
            + b"[" * 2000
            + b"]" * 2000
            + b"\r\n--x--\r\n",
        ),
        ("multipart/form-data", b"--x\r\n"),
    ],
)
async def test_an_offer_that_is_none_is_a_bad_request(endpoint: Endpoint, content_type: str, body: bytes) -> None:
    url, headers = f"{endpoint.url}/v1/realtime/calls", {"Content-Type": content_type}
    async with endpoint.http.post(url, data=body, headers=headers) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]["message"]
