"""Makes the session of a lesson: fixed tools, checks, limits, certain answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from realtime_widgets.core.usage.budget import Budget
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.endpoint.endpoint import Endpoint, resolve_endpoint
from realtime_widgets.teaching.lesson import INSTRUCTIONS, planned, script_of

if TYPE_CHECKING:
    from collections.abc import Callable

_FIXED = "a lesson keeps the tools that it was made with; give them to RealtimeSession.lesson(tools=[...])"


def make_lesson(
    kind: Callable[..., Any],
    title: str,
    *,
    questions: Any,
    answers: Any,
    minutes: float,
    money: float | None,
    checks: bool,
    tell_speaker: bool,
    options: dict[str, Any],
) -> Any:
    """Return the session of a lesson; see `RealtimeSession.lesson` for the parameters and what is raised."""
    plan = planned(title, questions, tell_speaker)
    if answers is not None:
        options["endpoint"] = _with_script(options.get("endpoint"), script_of(answers, plan))
    options.setdefault("turn_detection", "push_to_talk")
    more = str(options.pop("instructions", "")).strip()
    instructions = " ".join(filter(None, (INSTRUCTIONS.format(title=plan.title), more)))
    session = kind(instructions, budget=Budget(money=money, minutes=minutes), **options)
    session.plan = plan
    if checks:
        _add_checks(session)
    session.tools.closed_because = _FIXED
    return session


def _with_script(endpoint: Any, script: str) -> Endpoint:
    local = endpoint in (None, "local") or (isinstance(endpoint, Endpoint) and endpoint.local)
    if not local:
        raise ConfigurationError(
            "answers= are given by the local endpoint: leave endpoint= out, or leave answers= out"
        )
    found = endpoint if isinstance(endpoint, Endpoint) else resolve_endpoint("local", None, None, None)
    return replace(found, brain=script)


def _add_checks(session: Any) -> None:
    """Add the checks of a class: what is personal is hidden, and what tools return gives no orders."""
    from realtime_widgets import checks  # brings the ways to talk over HTTP

    session.check("input", checks.PersonalData(action="mask"), name="personal data in questions", if_fails="open")
    session.check("output", checks.PersonalData(action="mask"), name="personal data in answers")
    session.check("output", checks.Secrets(), name="secrets in answers")
    session.check("tool_result", checks.PromptInjection(), name="orders in results of tools")
