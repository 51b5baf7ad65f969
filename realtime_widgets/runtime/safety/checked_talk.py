"""What becomes of calls, results, texts and images that are checked before they go on; on the I/O thread only."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import CheckStoppedError
from realtime_widgets.images import picture_of
from realtime_widgets.safety.verdict import Checked
from realtime_widgets.tools.output.outcome import failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.core.conversation.commands import Command
    from realtime_widgets.core.conversation.message import Message
    from realtime_widgets.core.conversation.turns import ToolCall
    from realtime_widgets.core.session import SessionCore
    from realtime_widgets.images import Picture
    from realtime_widgets.runtime.safety.checks import CheckRunner, Decision
    from realtime_widgets.tools.execution.calls import CallScheduler, RunningCall
    from realtime_widgets.tools.tool import Tool

_PASSING = ("pass", "flag")


@dataclass
class CheckedTalk:
    """Takes to the checks what is on its way between the user, the model and the tools.

    Attributes
    ----------
    checks, calls
        Of the session.
    core
        Returns the session's core.
    perform
        Carries out commands of the core.
    """

    checks: CheckRunner
    calls: CallScheduler
    core: Callable[[], SessionCore]
    perform: Callable[[list[Command]], object]

    def looks_at(self, message: Message) -> bool:
        """Whether a message of the user's has to pass checks."""
        return bool((message.text and self.checks.at("input")) or (message.pictures and self.checks.at("picture")))

    async def decide(self, check_id: str, checked: Checked) -> None:
        """Run the checks that the core asks for, and give it the verdict."""
        decision = await self.checks.run(checked)
        self.perform(self.core().decided(check_id, decision.verdict))

    async def begin(self, call: ToolCall, tool: Tool | None, missing: str) -> None:
        """Begin a call of the model's, if its arguments pass."""
        decision = await self.checks.run(
            Checked("tool_arguments", call.arguments, call.item_id, call.call_id, call.name, self._question())
        )
        verdict = decision.verdict
        if verdict.action in _PASSING:
            self.calls.begin(call, tool, missing)
        elif verdict.action == "mask":
            self.calls.begin(replace(call, arguments=verdict.text), tool, missing)
        elif verdict.action == "replace":
            self.calls.begin(call, None, verdict.text)
        else:
            self.calls.begin(call, None, f"not run: {_refusal(decision)}")

    async def result(self, running: RunningCall) -> None:
        """Change the result of a call to what passes."""
        result = running.result
        if result is None:
            return
        about = Checked(
            "tool_result", result.output, call_id=result.call_id, tool=result.name, question=self._question()
        )
        if self.checks.at("tool_result"):
            decision = await self.checks.run(about)
            verdict = decision.verdict
            if verdict.action not in _PASSING:
                output = verdict.text or failure(f"withheld: {_refusal(decision)}").output
                images = result.images if verdict.action == "mask" else ()
                result = replace(result, output=output, images=images)
        if result.images and self.checks.at("picture"):
            passed = [uri for uri in result.images if (await self._look(_picture(uri), about))[0]]
            left_out = len(result.images) - len(passed)
            note = f"\n[{left_out} of its images withheld by a check]" if left_out else ""
            result = replace(result, output=result.output + note, images=tuple(passed))
        running.result = result

    async def message(self, message: Message) -> Message:
        """Return a message of the user's as far as it passes.

        Raises
        ------
        CheckStoppedError
            If its text or an image does not.
        """
        text = message.text
        if text and self.checks.at("input"):
            decision = await self.checks.run(Checked("input", text))
            if decision.verdict.action not in _PASSING:
                text = decision.verdict.text
            if not text:
                raise CheckStoppedError(f"this was not sent: {_refusal(decision)}", decision.check)
        if self.checks.at("picture"):
            for picture in message.pictures:
                passes, decision = await self._look(picture, Checked("picture", question=text))
                if not passes:
                    raise CheckStoppedError(f"the image was not sent: {_refusal(decision)}", decision.check)
        return message if text == message.text else _reworded(message, text)

    async def _look(self, picture: Picture | None, about: Checked) -> tuple[bool, Decision]:
        decision = await self.checks.run(replace(about, place="picture", text="", image=picture))
        return decision.verdict.action in _PASSING, decision

    def _question(self) -> str:
        items = reversed(list(self.core().conversation))
        return next((item.text for item in items if item.role == "user" and item.text), "")


def _refusal(decision: Decision) -> str:
    why = f": {decision.verdict.reason}" if decision.verdict.reason else ""
    return f"the check {decision.check!r} does not let it pass{why}"


def _picture(uri: str) -> Picture | None:
    return picture_of(base64.b64decode(uri.partition(",")[2]))


def _reworded(message: Message, text: str) -> Message:
    content: list[dict[str, Any]] = [
        {**part, "text": text} if part.get("type") == "input_text" else part for part in message.item["content"]
    ]
    return replace(message, item={**message.item, "content": content}, text=text)
