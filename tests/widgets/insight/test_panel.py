"""What the panel sends while a page shows it, of whole sessions against a scripted server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from realtime_widgets import Budget
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.runtime import journal
from realtime_widgets.testing import Call, ScriptedServer, Talk
from realtime_widgets.widgets import messages as msg
from realtime_widgets.widgets.insight import events
from realtime_widgets.widgets.insight.panel import InsightPanel
from tests.session.watching import until

if TYPE_CHECKING:
    import pytest

    from realtime_widgets import RealtimeSession
    from tests.conftest import Open


class Watched(InsightPanel):
    """A panel whose commands are kept here instead of being sent."""

    def __init__(self, session: RealtimeSession) -> None:
        self.sent: list[Any] = []
        self.came = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        super().__init__(session)

    def _command(self, command: Any, buffers: Any = None) -> None:
        self.sent.append(command)
        self.loop.call_soon_threadsafe(self.came.set)

    def page(self, report: Any) -> None:
        self._hand_over(report, [])

    async def until(self, kind: type[Any]) -> Any:
        while True:
            for command in self.sent:
                if isinstance(command, kind):
                    return command
            self.came.clear()
            await self.came.wait()


def rate(celsius: float) -> str:
    """How fast our reaction goes."""
    return f"{celsius / 50:g} per second"


async def talked(connect: Open, server: ScriptedServer, **options: Any) -> RealtimeSession:
    session = connect(server, tools=[rate], **options)
    await session.ask("How fast at 40 degrees?")
    return session


def script(talk: Talk) -> list[Any]:
    calls = [Call("rate", {"celsius": 40}, "0.8 per second")]
    return [*talk.start(), *talk.function_call_turn("How fast at 40 degrees?", calls, "It is 0.8.", spoken=True)]


async def test_nothing_is_sent_unless_a_page_shows_it(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer(script(talk), whenever=talk.whenever()) as server:
        panel = Watched(await talked(connect, server))
        panel.page(msg.Ping("p", 1))
        await panel.until(msg.Pong)
        assert panel.sent == [msg.Pong("p", 1)]


async def test_events_come_as_rows_with_their_turn_and_can_be_read(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer(script(talk), whenever=talk.whenever()) as server:
        panel = Watched(await talked(connect, server))
        panel.page(msg.WatchTab("p", "events"))
        events = await panel.until(msg.EventRows)
        assert events.whole
        names = [row.name for row in events.rows]
        assert set(names[:2]) == {"session.created", "session.update"}
        output = next(row for row in events.rows if row.note == "function_call_output: 0.8 per second")
        assert (output.sender, output.turn) == ("client", 1)
        assert all(row.count == 1 or row.name.endswith(".delta") for row in events.rows)
        sound = [row for row in events.rows if row.name == "response.output_audio.delta"]
        assert sum(row.size for row in sound) > 10_000
        panel.page(msg.AskPayload(output.number))
        payload = await panel.until(msg.EventPayload)
        assert '"output": "0.8 per second"' in payload.text


async def test_words_deep_in_an_event_are_found_in_all_that_are_kept(
    connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "FIRST", 3)
    talk, long = Talk(), " ".join(["well"] * 100)
    turn = talk.text_turn("What now?", f"{long} and then Xylophone Quartz.")
    async with ScriptedServer([*talk.start(), *turn], whenever=talk.whenever()) as server:
        session = connect(server)
        await session.ask("What now?")
        panel = Watched(session)
        panel.page(msg.WatchTab("p", "events"))
        listed = (await panel.until(msg.EventRows)).rows
        panel.page(msg.SearchEvents("p", "xylophone QUARTZ", 0))
        found = await panel.until(msg.EventsFound)
        assert (found.page_id, found.text, found.until) == ("p", "xylophone QUARTZ", session.journal.count)
        assert "response.done" in [row.name for row in found.rows]
        assert not any("Xylophone" in row.note for row in found.rows)
        assert found.rows[0].number < listed[0].number
        panel.sent.clear()
        panel.page(msg.SearchEvents("p", "xylophone", found.until))
        assert (await panel.until(msg.EventsFound)).rows == []


async def test_a_key_is_not_found(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("sk-secret-1234", "No.")]) as server:
        session = connect(server, api_key="sk-secret-1234")
        await session.ask("sk-secret-1234")
        panel = Watched(session)
        panel.page(msg.SearchEvents("p", "sk-secret", 0))
        assert (await panel.until(msg.EventsFound)).rows == []


async def test_an_event_that_is_not_kept_any_more_says_so(connect: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "KEPT_EVENTS", 5)
    talk = Talk()
    async with ScriptedServer(script(talk), whenever=talk.whenever()) as server:
        session = await talked(connect, server)
        panel = Watched(session)
        assert len(session.journal) == 5 < session.journal.count
        panel.page(msg.AskPayload(0))
        assert "not kept any more" in (await panel.until(msg.EventPayload)).text
        panel.page(msg.WatchTab("p", "events"))
        rows = (await panel.until(msg.EventRows)).rows
        assert rows[0].number == session.journal.count - 5


async def test_turns_come_with_what_the_user_waited(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer(script(talk), whenever=talk.whenever()) as server:
        panel = Watched(await talked(connect, server))
        panel.page(msg.WatchTab("p", "time"))
        [turn] = (await panel.until(msg.TurnRows)).turns
        assert (turn.number, turn.question, turn.answer) == (1, "How fast at 40 degrees?", "It is 0.8.")
        assert turn.delay is not None
        panel.page(msg.AskTurn(1))
        detail = await panel.until(msg.TurnDetail)
        assert "rate" in [span.label for span in detail.spans]
        assert not detail.heard  # nobody plays it
        assert 0 < len(detail.voice[0].peaks) <= 400


async def test_money_and_limits_are_told(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer(script(talk), whenever=talk.whenever()) as server:
        prices = {"scripted": "gpt-realtime-2.1"}
        session = await talked(connect, server, prices=prices, budget=Budget(money=1, tokens=10_000))
        panel = Watched(session)
        panel.page(msg.WatchTab("p", "money"))
        money = await panel.until(msg.Money)
    assert [limit.name for limit in money.limits][:2] == ["Budget: money", "Budget: tokens"]
    assert money.limits[0].text.endswith("of $1.00")
    assert [turn.question for turn in money.turns] == ["How fast at 40 degrees?"]
    assert money.lines
    health = await panel.until(msg.Health)
    assert (health.underruns, health.lost, health.heard) == (0, 0, True)


async def test_a_page_that_looks_away_ends_the_sending(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer(script(talk), whenever=talk.whenever()) as server:
        panel = Watched(await talked(connect, server))
        panel.page(msg.WatchTab("p", "events"))
        await panel.until(msg.EventRows)
        panel.page(msg.WatchTab("p", ""))
        closed: list[bool] = []
        panel.on_close = lambda: closed.append(True)
        panel.page(msg.ClosePanel())
        assert closed == [True]
        assert shared_engine().run(lambda: panel._watching) == {}


async def test_settings_are_changed_live_and_a_refusal_is_told_at_its_field(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer(talk.start(), whenever=talk.whenever()) as server:
        session = connect(server)
        await session.start()
        panel = Watched(session)
        panel.page(msg.WatchTab("p", "settings"))
        shown = await panel.until(msg.ShownSettings)
        assert (shown.turn_detection, shown.speed, shown.text_only) == ("server_vad", 1.0, False)
        panel.page(msg.ChangeSettings({"instructions": "Be brief.", "language": "de"}))
        answer = await panel.until(msg.SettingsAnswer)
        assert (answer.names, answer.problem) == (["instructions", "language"], "")
        settings: Any = session.runtime.settings
        assert (settings.instructions, settings.transcription) == ("Be brief.", {"language": "de"})
        panel.sent.clear()
        panel.page(msg.ChangeSettings({"speed": 9}))
        assert "speed must be between" in (await panel.until(msg.SettingsAnswer)).problem
        panel.sent.clear()
        panel.page(msg.ChangeSettings({"tools": []}))
        assert "cannot change 'tools'" in (await panel.until(msg.SettingsAnswer)).problem
        settings = session.runtime.settings
        assert settings.speed == 1.0
        panel.page(msg.AskCode())
        assert "Be brief." in (await panel.until(msg.SessionCode)).text
        await server.finished()


async def test_tools_are_listed_switched_and_tried(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer(talk.start(), whenever=talk.whenever()) as server:
        session = connect(server, tools=[rate])
        await session.start()
        panel = Watched(session)
        panel.page(msg.WatchTab("p", "tools"))
        [tool] = (await panel.until(msg.ToolRows)).tools
        assert (tool.name, tool.enabled, tool.version) == ("rate", True, 1)
        panel.page(msg.TryTool("rate", '{"celsius": 50}'))
        while (tried := await panel.until(msg.Tried)).seconds is None:
            panel.sent.remove(tried)
        assert tried.output == "1 per second"
        panel.page(msg.SwitchTool("rate", False))
        await until(session, lambda: not session.tools["rate"].enabled)
        panel.page(msg.TryTool("nothing", "{}"))
        await until(session, lambda: any("run its cell" in each.text for each in session.runtime.core.notices))
