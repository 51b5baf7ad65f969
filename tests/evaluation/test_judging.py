"""A chat model that judges or calls: what it is asked, what is made of its words, what it costs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.evaluation import Caller, ChatModel, Expect, Scenario, Turn, TurnResult, evaluate
from realtime_widgets.evaluation.judging import judged, next_words
from realtime_widgets.testing import ScriptedServer, Talk
from tests.chat.conftest import server  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from tests.chat.rest_server import RestServer

TURNS = [TurnResult("Is it open?", "It is open until eight.")]
TOLD = {"prompt_tokens": 1_000_000, "completion_tokens": 0, "total_tokens": 1_000_000}


def says(text: str) -> Any:
    async def answer(request: web.Request) -> web.Response:
        message = {"role": "assistant", "content": text}
        choices = [{"index": 0, "finish_reason": "stop", "message": message}]
        return web.json_response({"model": "gpt-4.1-mini", "choices": choices, "usage": TOLD})

    return answer


def model(chat: RestServer) -> ChatModel:
    return ChatModel(chat.url, "gpt-4.1-mini")


async def test_a_verdict_is_read_and_paid_for(server: RestServer) -> None:  # noqa: F811
    server.completions(
        says('{"holds": true, "why": "It says so."}'),
        says('Sure! {"holds": false, "why": "It is rude."}'),
        says("I would say yes."),
    )
    held, money = await judged(model(server), "It tells the hours.", TURNS)
    assert held.passed
    assert money == pytest.approx(0.4)  # dollars for a million tokens
    rude, _ = await judged(model(server), "It is polite.", TURNS)
    assert (rude.passed, rude.text) == (False, "the judge on 'It is polite.': It is rude.")
    unread, _ = await judged(model(server), "It is polite.", TURNS)
    assert not unread.passed
    assert "no verdict" in unread.text
    asked = server.asked[0]["messages"][1]["content"]
    assert "Assistant: It is open until eight." in asked
    assert "It tells the hours." in asked


async def test_a_caller_speaks_until_it_is_done(server: RestServer) -> None:  # noqa: F811
    server.completions(says('"I want a table for two."'), says("DONE."))
    caller = Caller("to book a table")
    words, _ = await next_words(model(server), caller, TURNS)
    assert words == "I want a table for two."
    assert (await next_words(model(server), caller, TURNS))[0] is None
    messages = server.asked[0]["messages"]
    assert "to book a table" in messages[0]["content"]
    assert [each["role"] for each in messages] == ["system", "user", "assistant", "user"]


async def test_a_scenario_goes_on_with_a_caller_and_is_judged(server: RestServer) -> None:  # noqa: F811
    server.completions(says("Until when?"), says("DONE"), says(json.dumps({"holds": True, "why": "Yes."})))
    talk = Talk()
    steps = [*talk.start(), *talk.text_turn("Are you open?", "Yes."), *talk.text_turn("Until when?", "Until 8.")]
    async with ScriptedServer(steps) as endpoint:
        scenario = Scenario(
            "opening hours",
            (Turn("Are you open?"),),
            Expect(holds="It tells the hours.", says=("yes", "until")),
            Caller("to know until when they are open"),
            {"endpoint": endpoint.url, "answers": "text"},
        )
        (run,) = await evaluate(scenario, judge=model(server), caller=model(server))
    assert run.status == "passed", run.problems
    assert [turn.answer for turn in run.turns] == ["Yes.", "Until 8."]
    assert run.test_money == pytest.approx(1.2)


async def test_a_key_comes_from_the_environment_and_is_named_if_it_is_missing(
    server: RestServer,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keyed = ChatModel(server.url, "gpt-4.1-mini", "JUDGE_KEY")
    with pytest.raises(ConfigurationError, match="JUDGE_KEY"):
        await keyed.ask([{"role": "user", "content": "Hello."}])
    monkeypatch.setenv("JUDGE_KEY", "secret-of-the-judge")
    server.completions(says("Hello."))
    assert (await keyed.ask([{"role": "user", "content": "Hello."}]))[0] == "Hello."
    assert server.headers[-1]["Authorization"] == "Bearer secret-of-the-judge"
    assert "secret-of-the-judge" not in repr(keyed)
