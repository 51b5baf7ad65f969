"""Writes down what happens to a session in an audit trail: settings, consents, verdicts; on the I/O thread."""

from __future__ import annotations

import json
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.safety.audit import digest
from realtime_widgets.tools.execution.calls import WAS_ALWAYS_ALLOWED

if TYPE_CHECKING:
    from realtime_widgets.runtime.session_runtime import SessionRuntime
    from realtime_widgets.safety.audit import AuditTrail
    from realtime_widgets.safety.flagged import Flagged
    from realtime_widgets.safety.review import Decision, Reviewed, ReviewLog
    from realtime_widgets.tools import ToolRegistry


def keep_records(runtime: SessionRuntime, registry: ToolRegistry, review: ReviewLog, trail: AuditTrail) -> None:
    """Keep what a session's checks flag for review, and write down in a trail what happens to it.

    A log or trail may outlive the session, which it does not keep alive.
    """
    checks = runtime.checks
    checks.keep_sound = review.keep_sound
    checks.on_flagged.append(review.add)
    Auditor(runtime, registry, trail)
    session = runtime.id

    def decided(item: Reviewed, decision: Decision) -> None:
        if item.flagged.session == session:
            facts = {"item": item.flagged.id, "check": item.flagged.check, "judgement": decision.judgement}
            trail.note("review", session, **facts, reviewer=decision.reviewer)

    kept_alive_by_others = weakref.ref(runtime)

    def report(problem: str) -> None:
        runtime = kept_alive_by_others()
        if runtime is None or runtime.state == "closed":
            return
        subject = "records"
        tell = partial(runtime.passing, subject, problem, "error") if problem else partial(runtime.passed, subject)
        shared_engine().call(tell)

    review.on_decided.append(decided)
    for kept in (review, trail):
        kept.on_problem.append(report)


class Auditor:
    """Follows a session, and notes in a trail what changes in it.

    Parameters
    ----------
    runtime, registry
        The session, and its tools.
    trail
        Where it is noted.
    """

    def __init__(self, runtime: SessionRuntime, registry: ToolRegistry, trail: AuditTrail) -> None:
        self._runtime, self._registry, self._trail = runtime, registry, trail
        self._settings: dict[str, Any] = {}
        self._seen: Any = None
        self._checks: dict[str, Any] = {}
        self._open = False
        #: How each call that asked was decided, as far as that was noted; empty while it asks.
        self._consents: dict[str, str] = {}
        runtime.observe(self._look, "state", "calls")
        runtime.checks.on_flagged.append(self._flagged)

    def _note(self, kind: str, **facts: Any) -> None:
        self._trail.note(kind, self._runtime.id, **facts)

    def _look(self) -> None:
        runtime = self._runtime
        if runtime.state == "idle":
            return
        self._look_at_settings()
        for call_id, running in list(runtime.calls.by_id.items()):
            call = {"call": call_id, "tool": running.call.name, "arguments": digest(running.call.arguments)}
            self._look_at_call(call, running.phase, running.consent)
        for request in list(runtime.core.approvals.requests.values()):
            phase = "approval" if request.open and not request.consent else "ended"
            name = f"{request.server_label}.{request.name}"
            call = {"call": request.id, "tool": name, "arguments": digest(request.arguments)}
            self._look_at_call(call, phase, request.consent)
        if runtime.state == "closed" and self._open:
            self._open = False
            self._note("end", reason=runtime.closed_reason, by_user=runtime.closed_by_person)
        elif runtime.state != "closed":
            self._open = True

    def _look_at_call(self, call: dict[str, str], phase: str, consent: str) -> None:
        call_id = call["call"]
        before = self._consents.get(call_id)
        if before is None:
            if phase != "approval" and not consent:
                return
            before = self._consents[call_id] = ""
            self._note("consent", **call, decision="asked")
        if consent and consent != before:
            self._consents[call_id] = consent
            self._note("consent", **call, decision="asks again" if consent == WAS_ALWAYS_ALLOWED else consent)
        elif not consent and not before and phase == "ended":
            self._consents[call_id] = "nobody answered"
            self._note("consent", **call, decision="nobody answered")

    def _look_at_settings(self) -> None:
        runtime = self._runtime
        versions = {name: tool.version for name, tool in self._registry.items()}
        now = (runtime.settings, versions, sorted(self._registry.hosted), runtime.accounts.limits)
        if now != self._seen:
            self._seen = now
            self._note_settings(versions)
        self._look_at_checks()

    def _note_settings(self, versions: dict[str, int]) -> None:
        runtime = self._runtime
        session = runtime.settings.session([], runtime.endpoint.heard_by)
        instructions = str(session.pop("instructions", ""))
        settings: dict[str, Any] = {
            "endpoint": runtime.endpoint.name,
            "model": runtime.endpoint.model,
            "instructions": {"hash": digest(instructions), "characters": len(instructions)},
            "details": digest(json.dumps(session, sort_keys=True, default=str)),
            "tools": versions,
            "hosted": sorted(self._registry.hosted),
            "budget": runtime.accounts.limits,
        }
        if settings != self._settings:
            kind = "settings" if self._settings else "start"
            changed = {name: value for name, value in settings.items() if self._settings.get(name) != value}
            self._settings = settings
            self._note(kind, **changed)

    def _look_at_checks(self) -> None:
        checks = {
            check.name: {"place": check.place, "limit_s": check.limit_s, "if_fails": check.if_fails}
            for check in self._runtime.checks.registry.values()
        }
        if checks != self._checks:
            gone = sorted(set(self._checks) - set(checks))
            self._checks = checks
            self._note("override" if gone else "checks", checks=checks, **({"removed": gone} if gone else {}))

    def _flagged(self, flagged: Flagged) -> None:
        self._note(
            "verdict",
            item=flagged.id,
            check=flagged.check,
            place=flagged.place,
            action=flagged.action,
            score=flagged.score,
            text=digest(flagged.text),
            call=flagged.call_id,
            tool=flagged.tool,
        )
