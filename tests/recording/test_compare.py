"""Recordings side by side: what differs is named, where they part is marked, and nothing is obeyed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from realtime_widgets import ConfigurationError, Recording, compare
from realtime_widgets.testing import Call, ScriptedServer, Talk
from tests.recording.conftest import add

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Open

Turn = tuple[str, list[Call], str]


async def recorded(connect: Open, path: Path, turns: list[Turn]) -> Recording:
    talk = Talk()
    steps = [step for says, calls, answer in turns for step in turn_of(talk, says, calls, answer)]
    async with ScriptedServer([*talk.start(), *steps]) as server:
        session = connect(server, tools=[add])
        session.record(path)
        for says, _, _ in turns:
            await session.ask(says)
        await session.close()
    return Recording.load(path)


def turn_of(talk: Talk, says: str, calls: list[Call], answer: str) -> list[object]:
    return talk.function_call_turn(says, calls, answer) if calls else talk.text_turn(says, answer)


def adding(first: int, second: int) -> list[Call]:
    return [Call("add", {"first": first, "second": second}, str(first + second))]


async def test_where_two_talks_part(connect: Open, tmp_path: Path) -> None:
    one = await recorded(
        connect, tmp_path / "one.rwz", [("Hi", [], "Hello!"), ("Add", adding(1, 2), "3"), ("Bye", [], "Bye <b>")]
    )
    two = await recorded(
        connect, tmp_path / "two.rwz", [("Hi", [], "hello"), ("Add", adding(2, 1), "3"), ("Bye", [], "So long")]
    )
    both = compare(one, two)
    assert [row.differences for row in both] == [(), ("arguments",), ("words",)]
    assert both.parts_at == 2
    assert [total.calls for total in both.totals] == [1, 1]
    text = repr(both)
    assert "2. 'Add': differ in arguments  <- they part here" in text and "1. 'Hi': the same" in text
    html = both._repr_html_()
    assert html.count("they part here") == 1 and "&lt;b&gt;" in html and "<b>" not in html
    assert "<ins>So long</ins>" in html
    records = both.to_records()
    assert len(records) == 6 and records[0]["wait"] is not None
    assert (records[3]["recording"], records[3]["differs"]) == ("two", ["arguments"])
    assert compare(one.path, str(one.path)).parts_at is None


async def test_turns_are_matched_by_their_questions(connect: Open, tmp_path: Path) -> None:
    one = await recorded(connect, tmp_path / "one.rwz", [("Hi", [], "A"), ("Bye", [], "B")])
    two = await recorded(connect, tmp_path / "two.rwz", [("Hi", [], "A"), ("Wait", [], "C"), ("Bye", [], "B")])
    three = await recorded(connect, tmp_path / "three.rwz", [("Bye", [], "B")])
    rows = compare(one, two, three).rows
    questions = [[turn.question if turn else None for turn in row.turns] for row in rows]
    assert questions == [["Hi", "Hi", None], [None, "Wait", None], ["Bye", "Bye", "Bye"]]
    assert [row.differences for row in rows] == [("missing",), ("missing",), ()]
    assert [re.sub(r"\W", "", row.question) for row in rows] == ["Hi", "Wait", "Bye"]


async def test_one_recording_is_not_compared(connect: Open, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="two recordings"):
        compare(tmp_path / "one.rwz")
