"""A session's usage, budget and rate limits, over a real WebSocket."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets import Budget, ConfigurationError, Price, RealtimeSession, SessionClosedError
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.errors import ConnectionFailedError
from realtime_widgets.events import Notice, Received
from realtime_widgets.testing import Call, ScriptedServer, Talk, tone
from realtime_widgets.testing.scripted_server.steps import ExpectAnyOrder
from realtime_widgets.widgets.console.status import SessionStatus
from tests.session.watching import HEARD, SOUND, comes, first, notices, reaches

if TYPE_CHECKING:
    from tests.conftest import Open

#: Of a scripted text turn with an answer of one word: 100 text tokens in, 1 out.
TURN = (100 * 4 + 1 * 24) / 1e6


def status(session: RealtimeSession) -> dict[str, Any]:
    shown = SessionStatus(session)
    shared_engine().run(shown._refresh, session)
    return dict(shown.status)


async def test_each_reply_and_the_session_tell_tokens_and_money(connect: Open) -> None:
    talk = Talk()
    turns = [*talk.text_turn("One", "1"), *talk.text_turn("Two", "2")]
    async with ScriptedServer([*talk.start(model="gpt-realtime-2.1"), *turns]) as server:
        session = connect(server)
        received = session.events(Received)
        assert session.usage.table() == "Nothing used yet."
        assert status(session)["usage"] == ""
        one, two = await session.ask("One"), await session.ask("Two")
        assert [one.usage.money, two.usage.money] == pytest.approx([TURN, TURN])
        assert session.usage.money == pytest.approx(2 * TURN)
        assert [usage.money for usage in session.usage_by_turn] == [one.usage.money, two.usage.money]
        assert status(session)["usage"] == "202 tokens, $0.000848"
        assert "$0.000848" in session.usage._repr_html_()
        await server.finished()
        await comes(received, "rate_limits.updated")
        limit = session.rate_limits["tokens"]
        assert (limit.limit, limit.remaining, limit.reset_seconds) == (40_000, 39_000, 1.5)


async def test_writing_down_what_was_said_is_billed_apart(connect: Open) -> None:
    talk = Talk()
    turn = talk.spoken_turn("How late?", "Noon.", tone(300))
    async with ScriptedServer([*talk.start(model="gpt-realtime-2.1"), HEARD, *turn]) as server:
        session = connect(server, transcription="whisper-1")
        [reply] = await session.talk(SOUND, rate=24000)
        # One second of speech; 100 text tokens in, 1 out, 6 tokens of speech out.
        assert reply.usage.transcription.seconds == 1
        assert reply.usage.money == pytest.approx(0.006 / 60 + TURN + 6 * 64 / 1e6)
        assert session.usage.money == reply.usage.money


async def test_an_unknown_model_is_unpriced_until_a_person_names_its_price(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("One", "1")]) as server:
        session = connect(server)
        reply = await session.ask("One")
        assert reply.usage.money is None
        assert session.usage.money is None
        assert status(session)["usage"] == "101 tokens, unpriced"
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("One", "1")]) as server:
        session = connect(server, prices={"scripted": Price(text_in=10, text_out=0)})
        assert (await session.ask("One")).usage.money == pytest.approx(0.001)
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("One", "1")]) as server:
        session = connect(server, model="our-deployment", prices={"our-deployment": "gpt-realtime-2.1"})
        assert (await session.ask("One")).usage.money == pytest.approx(TURN)


async def test_a_budget_in_money_warns_then_ends_the_session_and_says_why(connect: Open) -> None:
    talk = Talk()
    turns = [*talk.text_turn("One", "1"), *talk.text_turn("Two", "2"), *talk.text_turn("Three", "3")]
    async with ScriptedServer([*talk.start(model="gpt-realtime-2.1"), *turns]) as server:
        session = connect(server, budget=Budget(money=2.5 * TURN, warn_at=0.5))
        await session.ask("One")
        assert notices(session) == []
        await session.ask("Two")
        [warning] = notices(session)
        assert warning == "Of the budget of $0.0011, $0.000848 is spent. The session ends when all of it is."
        last = await session.ask("Three")
        assert last.text == "3", "what was paid for is given"
        assert session.state == "closed"
        reason = "the budget of $0.0011 is used up, $0.0013 was spent"
        assert notices(session)[1].startswith(f"The session ended: {reason}")
        assert status(session)["problem"].startswith(reason)
        with pytest.raises(SessionClosedError, match=r"the budget of \$0\.0011 is used up"):
            await session.ask("Four")
        with pytest.raises(SessionClosedError, match="budget"):
            session.say("Five")
        assert session.usage.money == pytest.approx(3 * TURN)


async def test_an_answer_that_the_budget_cuts_off_raises_for_who_waits(connect: Open) -> None:
    talk = Talk()
    turn = talk.function_call_turn("Double 2", [Call("double", {"x": 2})], "4")
    outputs = next(index for index, step in enumerate(turn) if isinstance(step, ExpectAnyOrder))
    async with ScriptedServer([*talk.start(model="gpt-realtime-2.1"), *turn[:outputs]]) as server:
        session = connect(server, budget=Budget(money=TURN / 2))

        @session.tool
        def double(x: int) -> int:
            """Double a number."""
            return 2 * x

        with pytest.raises(ConnectionFailedError, match="ended during the answer: the budget of"):
            await session.ask("Double 2")
        assert session.state == "closed"


async def test_a_spoken_answer_that_uses_the_budget_up_is_given_whole(connect: Open) -> None:
    talk, voice = Talk(), tone(600)
    turn = talk.spoken_turn("How late?", "Noon.", voice)
    async with ScriptedServer([*talk.start(model="gpt-realtime-2.1"), HEARD, *turn]) as server:
        session = connect(server, transcription="whisper-1", budget=Budget(money=TURN))
        [reply] = await session.talk(SOUND, rate=24000)
        assert (reply.text, reply.pcm) == ("Noon.", voice)
        assert session.state == "closed"


async def test_where_time_is_what_is_billed_the_time_uses_the_budget_up(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("One", "1")]) as server:
        session = connect(server, prices={"scripted": Price(per_session_minute=600)}, budget=Budget(money=3))
        reply = await session.ask("One")
        assert str(reply.usage.cost) == "billed by the minute of the session"
        runtime = session.runtime
        await reaches(session, "closed")
        assert runtime.closed_reason.startswith("the budget of $3.00 is used up")
        spent = session.usage.money
        assert spent is not None and spent >= 3
        assert session.usage.money == spent, "the clock stands still"
        assert [line.what for line in session.usage.cost.lines] == ["session time"]


async def test_typed_messages_cost_where_the_service_bills_them(connect: Open) -> None:
    talk = Talk()
    turns = [*talk.text_turn("One", "1"), *talk.text_turn("Two", "2")]
    async with ScriptedServer([*talk.start(), *turns]) as server:
        session = connect(server, prices={"scripted": Price(per_session_minute=0.001, per_text_message=2)})
        one, two = await session.ask("One"), await session.ask("Two")
        assert [each.usage.cost.priced for each in (one, two)] == [2, 2]
        money = session.usage.money
        assert money is not None and 4 < money < 4.1
        assert "typed messages" in session.usage.table()


async def test_typed_messages_use_a_budget_up(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("One", "1")]) as server:
        prices = {"scripted": Price(per_session_minute=0.001, per_text_message=2)}
        session = connect(server, prices=prices, budget=Budget(money=1.5))
        with contextlib.suppress(SessionClosedError):
            await session.ask("One")
        await reaches(session, "closed")
        assert "the budget of $1.50 is used up" in notices(session)[-1]


async def test_a_model_that_ends_soon_is_named_with_its_successor(connect: Open) -> None:
    async with ScriptedServer(Talk().start(model="gpt-realtime-mini-2025-12-15")) as server:
        session = connect(server)
        told = session.events(Notice)
        await session.start()
        model = await first(told, lambda notice: "gpt-realtime-mini-2025-12-15" in notice.text)
        assert "20 January 2027: use gpt-realtime-2.1-mini instead" in re.sub(", in .* days", "", model.text)


async def test_a_context_that_is_nearly_full_is_told_once(connect: Open) -> None:
    talk = Talk()
    turns = [*talk.text_turn("One", "1"), *talk.text_turn("Two", "2")]
    limited = {"type": "retention_ratio", "retention_ratio": 0.8, "token_limits": {"post_instructions": 120}}
    async with ScriptedServer([*talk.start(model="gpt-realtime-2.1", truncation=limited), *turns]) as server:
        session = connect(server, truncation=limited)
        assert session.context.tokens == 0
        await session.ask("One")
        assert (session.context.tokens, session.context.limit) == (101, 120)
        await session.ask("Two")
        assert "context 84% full" in status(session)["usage"]
        assert sum("of the 120 tokens" in notice for notice in notices(session)) == 1


async def test_a_warning_of_the_clock_is_shown_while_nothing_else_happens(connect: Open) -> None:
    async with ScriptedServer(Talk().start()) as server:
        session = connect(server, budget=Budget(minutes=100, warn_at=1e-6))
        told = session.events(Notice)
        await session.start()
        assert (await anext(told)).text.startswith("Of the 100 minutes of the budget, 0 minutes have passed")
        assert session.state == "listening"


async def test_a_budget_in_minutes_ends_the_session_while_nothing_happens(connect: Open) -> None:
    async with ScriptedServer(Talk().start()) as server:
        session = connect(server, budget=Budget(minutes=0.001))
        await session.start()
        await reaches(session, "closed")
        *_, end = notices(session)  # a machine that is busy may pass warning and end at once
        assert end.startswith("The session ended: the 0.001 minutes of the budget have passed")
        with pytest.raises(SessionClosedError, match="minutes of the budget"):
            await session.ask("Anybody?")


async def test_a_budget_in_money_is_refused_where_it_could_not_be_kept(connect: Open) -> None:
    async with ScriptedServer(Talk().start()) as server:
        session = connect(server, budget=Budget(money=1))
        with pytest.raises(ConfigurationError, match="there is no price for 'scripted': give a budget in minutes"):
            await session.start()
        assert session.state == "closed"


@pytest.mark.parametrize("options", [{"budget": 0.5}, {"prices": {"mine": 3}}, {"prices": [1]}])
async def test_what_is_no_budget_or_no_price_is_refused_at_once(connect: Open, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"budget must be a Budget|price"):
        connect("http://127.0.0.1:9/v1", **options)


async def test_the_local_endpoint_is_free_and_says_so() -> None:
    session = RealtimeSession(endpoint="local")
    assert status(session)["usage"] == "free, on this machine"
    await session.close()
