"""Each error code of the protocol, over a real socket: what it ends, what it tells, what goes on."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.server import serve

from realtime_widgets.core.reconnect.policy import ReconnectPolicy
from realtime_widgets.errors import ConfigurationError, ConnectionFailedError, ResponseFailedError
from realtime_widgets.testing import ScriptedServer, Talk, close, emit, expect, reconnect, stall, tone
from realtime_widgets.testing.scripted_server import shapes
from realtime_widgets.testing.scripted_server.steps import Emit
from tests.session.watching import HEARD, SOUND, hears, notices

if TYPE_CHECKING:
    from tests.conftest import Open

MALFORMED = ["invalid_value", "invalid_event", "unknown_parameter", "missing_required_parameter"]


def error(code: str, *, names: bool = True, text: str = "The service says no.") -> Emit:
    """The error of a client event: the last one that came, or of none."""

    def body(matched: Any) -> dict[str, Any]:
        event_id = matched[-1].get("event_id") if names else None
        fields: dict[str, Any] = shapes.error(code, text, event_id)["error"]
        return fields

    return emit("error", error=body)


@pytest.mark.parametrize("code", [*MALFORMED, "string_above_max_length", "rate_limit_exceeded", "server_error"])
async def test_a_refused_request_ends_its_turn_and_the_session_goes_on(connect: Open, code: str) -> None:
    talk = Talk()
    refused = [*talk.text_turn("Hi", "")[:2], error(code)]
    async with ScriptedServer([*talk.start(), *refused, *talk.text_turn("And?", "Yes")]) as server:
        session = connect(server)
        with pytest.raises(ResponseFailedError, match="The service says no") as caught:
            await session.ask("Hi")
        assert caught.value.code == code
        assert (await session.ask("And?")).text == "Yes"
        assert notices(session) == ["The service says no."]


@pytest.mark.parametrize("code", ["invalid_value", "server_error", "a_code_nobody_knows"])
async def test_an_error_that_names_no_event_is_told_and_ends_nothing(connect: Open, code: str) -> None:
    talk = Talk()
    turn = talk.text_turn("Hi", "Hello")
    async with ScriptedServer([*talk.start(), *turn[:2], error(code, names=False), *turn[2:]]) as server:
        session = connect(server)
        assert (await session.ask("Hi")).text == "Hello"
        assert notices(session) == ["The service says no."]


@pytest.mark.parametrize(
    "code", ["response_cancel_not_active", "input_audio_buffer_commit_empty", "item_truncate_invalid_item_id"]
)
async def test_a_wish_that_came_too_late_is_not_told(connect: Open, code: str) -> None:
    talk = Talk()
    turn = talk.text_turn("Hi", "Hello")
    async with ScriptedServer([*talk.start(), *turn[:2], error(code, names=False), *turn[2:]]) as server:
        session = connect(server)
        assert (await session.ask("Hi")).text == "Hello"
        assert notices(session) == []


async def test_a_second_request_waits_for_the_running_one_and_is_sent_again(connect: Open) -> None:
    talk = Talk()
    turn = talk.text_turn("Hi", "Hello")
    begun = Emit(shapes.response_created(shapes.response("r9")))
    running = [error("conversation_already_has_active_response"), begun]
    over = Emit(shapes.response_done(shapes.response("r9", "completed")))
    steps = [*talk.start(), *turn[:2], *running, over, turn[1], *turn[2:]]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        assert (await session.ask("Hi")).text == "Hello"
        first, second = server.received_of("response.create")
        assert first["event_id"] == second["event_id"]
        assert notices(session) == []


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("item_truncate_invalid_item_id", "no such item"),
        ("invalid_value", "Audio content of 420ms is already shorter than 500ms"),
        ("unsupported_content_type", "Only model output audio messages can be truncated"),
    ],
)
async def test_a_truncation_that_came_too_late_is_not_told(connect: Open, code: str, text: str) -> None:
    talk = Talk()
    turn = talk.spoken_turn("Tell me", "A long story", tone(20_000))
    truncation = [expect("conversation.item.truncate"), error(code, text=text)]
    after = talk.text_turn("Hi", "Hello")
    async with ScriptedServer([*talk.start(), HEARD, *turn, stall(), *truncation, *after]) as server:
        session = connect(server)
        talking = asyncio.create_task(session.talk(SOUND, rate=24000))
        await server.stalled()
        await hears(session, 0, made=True)
        session.interrupt()
        server.resume()
        assert (await talking)[0].interrupted
        assert (await session.ask("Hi")).text == "Hello"
        assert notices(session) == []


async def test_a_voice_that_can_no_longer_change_is_refused_to_who_asked(connect: Open) -> None:
    talk = Talk()
    refusal = error("cannot_update_voice", text="Cannot update a conversation's voice.")
    steps = [*talk.start(), expect("session.update"), refusal, *talk.text_turn("Hi", "Hello")]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        await session.start()
        with pytest.raises(ConfigurationError, match="voice"):
            await session.update(voice="cedar")
        assert (await session.ask("Hi")).text == "Hello"


@pytest.mark.parametrize("code", ["item_retrieve_invalid_item_id", "invalid_value"])
async def test_an_item_that_is_not_there_is_told_to_who_asked_for_it(connect: Open, code: str) -> None:
    talk = Talk()
    steps = [*talk.start(), *talk.text_turn("Hi", "Hello"), expect("conversation.item.retrieve"), error(code)]
    async with ScriptedServer([*steps, *talk.text_turn("And?", "Yes")]) as server:
        session = connect(server)
        await session.ask("Hi")
        with pytest.raises(Exception, match="The service says no"):
            await session.retrieve(session.conversation[0].id)
        assert (await session.ask("And?")).text == "Yes"


@pytest.mark.parametrize("code", ["rate_limit_exceeded", "insufficient_quota", "server_error"])
async def test_a_response_that_failed_ends_its_turn_with_the_code(connect: Open, code: str) -> None:
    talk = Talk()
    turn = talk.text_turn("Hi", "")
    begun = next(index for index, step in enumerate(turn) if "response.created" in str(step))
    why = {"type": "failed", "error": {"type": "server_error", "code": code, "message": "Not today."}}
    failed = {"id": "resp_1", "status": "failed", "conversation_id": "conv", "output": [], "status_details": why}
    steps = [*talk.start(), *turn[: begun + 1], emit("response.done", response=failed)]
    async with ScriptedServer([*steps, *talk.text_turn("And?", "Yes")]) as server:
        session = connect(server)
        with pytest.raises(ResponseFailedError, match="Not today") as caught:
            await session.ask("Hi")
        assert caught.value.code == code
        assert (await session.ask("And?")).text == "Yes"


EXPIRED = "Your session hit the maximum duration of 60 minutes."


async def test_a_session_whose_time_is_over_goes_on_in_another(connect: Open) -> None:
    first, second = Talk(), Talk()
    over = [emit("error", error={"code": "session_expired", "message": EXPIRED}), close(1001, EXPIRED)]
    put_back = [expect("conversation.item.create"), expect("conversation.item.create")]
    steps = [*first.start(), *first.text_turn("Hi", "Hello"), *over, reconnect()]
    again = [*second.start(), *put_back, *second.text_turn("And?", "Yes")]
    async with ScriptedServer([*steps, *again]) as server:
        session = connect(server)
        await session.ask("Hi")
        assert (await session.ask("And?")).text == "Yes"
        assert EXPIRED in notices(session)


FATAL = {
    "invalid_api_key": (3000, "invalid_request_error.invalid_api_key"),
    "model_not_found": (4004, "invalid_request_error.model_not_found"),
    "beta_api_shape_disabled": (4000, "invalid_request_error.beta_api_shape_disabled"),
    "session_expired": (1001, EXPIRED),
    "server_error": (1011, "internal error"),
}


@pytest.mark.parametrize("code", FATAL)
async def test_an_error_that_ends_the_connection_tells_why(connect: Open, code: str) -> None:
    number, reason = FATAL[code]
    talk = Talk()
    last = [emit("error", error={"code": code, "message": f"It is over: {code}."}), close(number, reason)]
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "")[:2], *last]) as server:
        session = connect(server, reconnect=False)
        with pytest.raises(ConnectionFailedError, match=str(number)):
            await session.ask("Hi")
        assert session.state == "closed"
        assert f"It is over: {code}." in notices(session)


@pytest.mark.parametrize("code", ["invalid_api_key", "model_not_found", "beta_api_shape_disabled"])
async def test_what_another_connection_would_not_cure_is_not_tried_again(connect: Open, code: str) -> None:
    number, reason = FATAL[code]
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "")[:2], close(number, reason)]) as server:
        session = connect(server)
        session.runtime.reconnector.policy = ReconnectPolicy(first_delay_s=0.001, longest_delay_s=0.001)
        with pytest.raises(ConnectionFailedError, match=code):
            await session.ask("Hi")
        assert session.state == "closed"


@pytest.mark.parametrize("code", ["invalid_api_key", "beta_api_shape_disabled"])
async def test_a_connection_that_ends_before_the_session_begins_says_why(connect: Open, code: str) -> None:
    number, reason = FATAL[code]
    first = emit("error", error={"code": code, "message": f"It is over: {code}."})
    async with ScriptedServer([first, close(number, reason)]) as server:
        session = connect(server)
        with pytest.raises(ConnectionFailedError, match=code):
            await session.start()
        assert session.state == "closed"


@pytest.mark.parametrize(
    ("status", "cure"),
    [
        (HTTPStatus.UNAUTHORIZED, "key"),  # invalid_api_key
        (HTTPStatus.FORBIDDEN, "."),  # no access to the model
        (HTTPStatus.NOT_FOUND, "."),  # model_not_found, call_id_not_found
        (HTTPStatus.TOO_MANY_REQUESTS, "."),  # rate_limit_exceeded
    ],
)
async def test_a_refused_handshake_is_told_with_its_cure(connect: Open, status: HTTPStatus, cure: str) -> None:
    async def never(connection: object) -> None:
        raise AssertionError

    def refuse(connection: Any, request: object) -> object:
        return connection.respond(status, "no\n")

    async with serve(never, "127.0.0.1", 0, process_request=refuse) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        session = connect(f"http://127.0.0.1:{port}/v1", api_key="sk-secret")
        with pytest.raises(ConnectionFailedError, match=str(status.value)) as caught:
            await session.start()
    assert caught.value.http_status == status
    assert cure in str(caught.value).lower()
    assert "sk-secret" not in str(caught.value)
    assert session.state == "closed"
