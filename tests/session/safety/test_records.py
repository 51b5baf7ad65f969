"""What a session leaves in its review log and its audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets import AuditTrail, Budget, ReviewLog
from realtime_widgets.safety.verdict import flag, stop
from realtime_widgets.testing import Call, ScriptedServer, Talk
from tests.session.watching import HEARD, SOUND, notices, until

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from realtime_widgets import RealtimeSession
    from realtime_widgets.safety.audit import AuditRecord
    from tests.conftest import Open


def of(session: RealtimeSession, kind: str) -> list[dict[str, Any]]:
    return [record.facts for record in session.audit.records() if record.kind == kind]


async def test_what_is_flagged_is_in_the_log_and_a_decision_in_the_trail(connect: Open, tmp_path: Path) -> None:
    talk, review = Talk(), ReviewLog(tmp_path / "review.jsonl")
    async with ScriptedServer([*talk.start(), *talk.text_turn("?", "A rude sentence here.")]) as server:
        session = connect(server, review=review)
        session.check("output", lambda text: flag("rude", 0.7), name="rude")
        await session.ask("?")
        [item] = session.review.items()
        session.review.decide(item.flagged.id, "right", reviewer="Ann")
    [verdict] = of(session, "verdict")
    assert (verdict["check"], verdict["action"], verdict["score"]) == ("rude", "flag", 0.7)
    assert "A rude" not in str(session.audit.records())
    [judged] = of(session, "review")
    assert (judged["item"], judged["judgement"], judged["reviewer"]) == (item.flagged.id, "right", "Ann")
    review.close()


async def test_settings_checks_and_the_end_are_written_down(connect: Open, tmp_path: Path) -> None:
    talk = Talk()
    trail = AuditTrail(tmp_path / "audit.jsonl")
    async with ScriptedServer(talk.start(), whenever=talk.whenever()) as server:
        session = connect(server, "Be kind to Ann.", audit=trail, budget=Budget(minutes=5))
        session.check("output", lambda text: stop("x"), name="strict")
        await session.start()
        await session.update(instructions="Be strict.")
        session.checks.remove("strict")
        await session.close()
    [start] = of(session, "start")
    assert start["budget"] == {"money": None, "minutes": 5, "tokens": None}
    assert start["instructions"]["characters"] == len("Be kind to Ann.")
    [changed] = of(session, "settings")
    assert set(changed) == {"instructions"}
    [override] = of(session, "override")
    assert override["removed"] == ["strict"]
    [end] = of(session, "end")
    assert end["by_user"] is True
    assert "Ann" not in (tmp_path / "audit.jsonl").read_text()
    assert trail.verify() == len(trail)
    trail.close()


def decisions(records: list[AuditRecord]) -> list[tuple[str, str]]:
    consents = [record.facts for record in records if record.kind == "consent"]
    return [(facts["tool"], facts["decision"]) for facts in consents]


async def test_consents_and_refusals_are_written_down(connect: Open) -> None:
    talk = Talk()
    first = talk.function_call_turn("Open it.", [Call("unlock", {"door": "front"})], "Done.")
    second = talk.function_call_turn("And close.", [Call("unlock", {"door": "back"})], "Done.")
    async with ScriptedServer([*talk.start(), *first, *second]) as server:
        session = connect(server)

        @session.tool(approval="always")
        def unlock(door: str) -> str:
            """Unlock a door."""
            return door

        session.say("Open it.")
        (await session.calls.next_asking()).approve()
        await until(session, lambda: all(turn.done for turn in session.runtime.core.turns.values()))
        session.say("And close.")
        (await session.calls.next_asking()).deny()
        await server.finished()
        await session.close()
    assert decisions(session.audit.records()) == [
        ("unlock", "asked"),
        ("unlock", "allowed by you"),
        ("unlock", "asked"),
        ("unlock", "refused by you"),
    ]
    assert "front" not in str(session.audit.records())


async def test_a_log_that_cannot_be_written_is_told_in_the_transcript(
    connect: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk, review = Talk(), ReviewLog(tmp_path / "review.jsonl")
    async with ScriptedServer([*talk.start(), *talk.text_turn("?", "A rude sentence here.")]) as server:
        session = connect(server, review=review)
        session.check("output", lambda text: flag("rude"), name="rude")

        def full(descriptor: int, data: bytes) -> int:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr("os.write", full)
            await session.ask("?")
            review.flush()
        await until(
            session, lambda: any("No space left" in notice.text for notice in session.runtime.core.notices)
        )
        assert len(session.review) == 1
        assert any("kept in memory" in text for text in notices(session))
    review.close()


async def test_sound_of_both_sides_goes_with_what_is_flagged_if_it_is_kept(connect: Open) -> None:
    talk = Talk()
    turn = talk.spoken_turn("My name is Ann.", "Good morning to you, nitwit.", transcript="after")
    async with ScriptedServer([*talk.start(), HEARD, *turn]) as server:
        session = connect(server, review=ReviewLog(keep_sound=True), transcription="whisper-1")
        session.check("output", lambda text: flag("rude"), name="rude")
        session.check("input", lambda text: flag("a name") if "Ann" in text else None, name="names")
        await session.talk(SOUND, rate=24_000)
        await until(session, lambda: len(session.runtime.checks.flagged) == 2)
        items = {item.flagged.check: item.flagged.id for item in session.review.items()}
    assert session.review.sound(items["names"], "heard")
    assert session.review.sound(items["rude"], "spoken")
