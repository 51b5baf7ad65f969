"""Finds which of several tools a service refuses, so that each of them is left out alone. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from realtime_widgets.tools.schema.messages import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_widgets.protocol import events as ev
    from realtime_widgets.tools.tool import Tool

#: Updates of one list of tools at most; what is not sorted out by then is left out. One refused tool among the 128
#: that OpenAI allows takes 2 if the service names it, and up to 17 if it does not.
MAX_UPDATES = 64
_MAX_REASON = 300  # characters
_INDEX = re.compile(r"\btools(?:\[|\.)(\d+)")
_ABOUT_TOOLS = re.compile(r"tool|function", re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """One entry of the protocol's ``session.tools``; `tool` is None if the service calls it by itself."""

    name: str
    definition: dict[str, Any] = field(repr=False)
    tool: Tool | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Refusal:
    """An entry that the service does not accept, and why, in the service's words."""

    entry: Entry
    reason: str


class Offer:
    """A list of tools on its way to the service: all at once, and if that is refused, without those at fault.

    The one at fault is found by the error's `param` or by a name in its text; otherwise the list is halved until
    single tools are left. An update that is refused changes nothing at the service.

    Parameters
    ----------
    wanted
        The tools that the service should know.
    actual
        The tools that it knows; None on a new connection, where it has not accepted any settings.
    """

    def __init__(self, wanted: Sequence[Entry], actual: Sequence[Entry] | None = None) -> None:
        self.wanted = list(wanted)
        self.actual = None if actual is None else list(actual)
        self._safe = [entry for entry in self.wanted if self.actual and entry in self.actual]
        tried = [entry for entry in self.wanted if entry not in self._safe]
        self._groups = [tried] if self.wanted != self.actual else []
        self._updates = 1

    @property
    def entries(self) -> list[Entry]:
        """What to send next, in the order of the list."""
        tried = [*self._safe, *self._groups[0]] if self._groups else self._safe
        return [entry for entry in self.wanted if entry in tried]

    @property
    def settled(self) -> bool:
        """Whether nothing is left to send."""
        return not self._groups

    def accepted(self) -> None:
        """Apply that the service accepted what was sent."""
        self._safe = self.actual = self.entries
        self._groups = self._groups[1:]
        self._updates += 1

    def refused(self, error: ev.ErrorDetail) -> list[Refusal] | None:
        """Apply that the service refused what was sent.

        Returns
        -------
        list of Refusal or None
            The tools that are now known to be at fault, often none yet; None if the tools are not the reason.
        """
        group = self._groups[0] if self._groups else []
        named = self._named(error)
        if named is None and (not group or (error.param and not _ABOUT_TOOLS.search(error.param))):
            self._groups = []
            return None
        self._updates += 1
        found: list[Entry] = []
        groups = self._groups
        if self._updates > MAX_UPDATES:
            found = [entry for entry in self.wanted if entry not in (self.actual or ())]
        elif named is not None:
            found = [named]
        elif self.actual is None:
            groups = [[], *groups]  # first without any, which shows whether it is because of the tools
        elif len(group) > 1:
            half = len(group) // 2
            groups = [group[:half], group[half:], *groups[1:]]
        else:
            found = group
        self._leave_out(found, groups)
        reason = one_line(error.message or error.code or "it gave no reason")[:_MAX_REASON]
        return [Refusal(entry, reason) for entry in found]

    def _leave_out(self, found: list[Entry], groups: list[list[Entry]]) -> None:
        self.wanted = [entry for entry in self.wanted if entry not in found]
        self._safe = [entry for entry in self._safe if entry not in found]
        if found:
            left = [[entry for entry in group if entry not in found] for group in groups]
            groups = [group for group in left if group]
        if not groups and self._safe != self.actual:
            groups = [[]]  # the service has no settings yet, or still has what was to be replaced
        self._groups = groups

    def _named(self, error: ev.ErrorDetail) -> Entry | None:
        """Return the tool that an error names."""
        sent = self.entries
        if (index := _INDEX.search(error.param or "")) and int(index[1]) < len(sent):
            return sent[int(index[1])]
        quoted = set(re.findall(r"['\"`]([\w-]{1,64})['\"`]", error.message))
        named = [entry for entry in sent if entry.name in quoted]
        return named[0] if len(named) == 1 else None
