"""Calls that the user makes by hand: kept apart, or given to the model in place of the first result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.testing import Call, ScriptedServer, Talk, expect
from realtime_widgets.testing.scripted_server import shapes
from realtime_widgets.testing.scripted_server.steps import Emit
from realtime_widgets.widgets import messages as msg
from realtime_widgets.widgets.talk.transcript import Transcript
from tests.session.watching import until

if TYPE_CHECKING:
    from realtime_widgets import RealtimeSession
    from realtime_widgets.testing.scripted_server.steps import Step
    from tests.conftest import Open


def rate(celsius: float) -> str:
    """How fast our reaction goes."""
    if celsius > 100:
        raise ValueError("it boils")
    return f"{celsius / 50:g} per second"


def script(talk: Talk) -> list[Step]:
    calls = [Call("rate", {"celsius": 40}, "0.8 per second")]
    return [*talk.start(), *talk.function_call_turn("How fast?", calls, "It is 0.8.")]


def replaced(output: str) -> list[Step]:
    def added(matched: Any) -> dict[str, Any]:
        sent = matched[-1]
        return shapes.item_added({**sent["item"], "status": "completed"}, sent.get("previous_item_id"))

    def gone(matched: Any) -> dict[str, Any]:
        return shapes.item_deleted(matched[-1]["item_id"])

    item = {"type": "function_call_output", "call_id": "call_1", "output": output}
    return [
        expect("conversation.item.delete").then(Emit(gone)),
        expect("conversation.item.create", item=item).then(Emit(added)),
    ]


def cards(session: RealtimeSession, page: Transcript) -> list[dict[str, Any]]:
    session._engine.run(page._refresh, session)
    session._engine.run(page._save)
    return [entry["tool"] for entry in page.entries if entry["kind"] == "tool"]


async def test_a_call_runs_again_with_other_arguments_and_the_model_is_not_told(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer(script(talk), whenever=talk.whenever()) as server:
        session = connect(server, tools=[rate])
        await session.ask("How fast?")
        page = Transcript(session)
        page._obey(msg.RunAgain("call_1", "rate", '{"celsius": 50}'), [])
        page._obey(msg.RunAgain("call_1", "rate", '{"celsius": 200}'), [])
        runs = session.runtime.by_hand
        await until(session, lambda: all(run.result for run in runs.of("call_1")))
        [card] = cards(session, page)
        await server.finished()
    first, second = card["again"]
    assert (first["result"], first["given"]) == ("1 per second", False)
    assert "it boils" in second["error"]
    assert card["result"] == "0.8 per second"


async def test_a_result_is_given_to_the_model_in_place_of_the_first_one(connect: Open) -> None:
    talk = Talk()
    steps = [*script(talk), *replaced("1 per second"), *replaced("0.2 per second")]
    async with ScriptedServer(steps, whenever=talk.whenever()) as server:
        session = connect(server, tools=[rate])
        await session.ask("How fast?")
        page = Transcript(session)
        for number, celsius in enumerate((50, 10), 1):
            page._obey(msg.RunAgain("call_1", "rate", f'{{"celsius": {celsius}}}'), [])
            await until(session, lambda number=number: session.runtime.by_hand.all[number].result)  # type: ignore[misc]
            page._obey(msg.GiveResult(number), [])
        await server.finished()
        [card] = cards(session, page)
    assert [run["given"] for run in card["again"]] == [False, True]
    outputs = [entry.output for entry in session.conversation if entry.call_id]
    assert "0.2 per second" in outputs


async def test_what_cannot_be_run_or_given_is_told(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer(script(talk), whenever=talk.whenever()) as server:
        session = connect(server, tools=[rate])
        await session.ask("How fast?")
        runtime = session.runtime
        with pytest.raises(ConfigurationError, match="no tool 'gone' any more"):
            session._engine.run(runtime.by_hand.run, "gone", "{}")
        with pytest.raises(ConfigurationError, match="no result"):
            session._engine.run(runtime.give_result, 7)
        Transcript(session)._obey(msg.RunAgain("call_1", "gone", "{}"), [])
        await until(session, lambda: any("run its cell again" in each.text for each in runtime.core.notices))


async def test_a_failed_call_names_the_line_and_calls_at_once_say_so(connect: Open) -> None:
    talk = Talk()
    calls = [Call("rate", {"celsius": 400}, ...), Call("rate", {"celsius": 40}, "0.8 per second")]
    async with ScriptedServer(
        [*talk.start(), *talk.function_call_turn("How fast?", calls, "Hm.")], whenever=talk.whenever()
    ) as server:
        session = connect(server, tools=[rate])
        await session.ask("How fast?")
        failed, other = cards(session, Transcript(session))
    assert failed["place"].startswith(f'File "{__file__}", line ')
    assert (failed["beside"], other["beside"]) == ("1 of 2 at once", "2 of 2 at once")
    assert other["place"] == ""


async def test_a_new_version_shows_what_changed(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer(script(talk), whenever=talk.whenever()) as server:
        session = connect(server, tools=[rate])

        @session.tool(name="rate")
        def other(celsius: float, exact: bool = False) -> str:
            """How fast our reaction goes today."""
            return "0.8 per second"

        await session.ask("How fast?")
        [card] = cards(session, Transcript(session))
    assert card["version"] == 2
    assert "exact" in card["change"]
