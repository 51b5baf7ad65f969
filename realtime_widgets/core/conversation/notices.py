"""Notices to the user, each at its place in the conversation. Pure.

What happened stays. A state that passes has one line as long as it lasts; so do events that make no sense.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.core.conversation.items import Conversation

#: How many events that could not be used have lines of their own.
LEFT_OUT_SINGLY = 4


@dataclass(frozen=True)
class Notice:
    """A message to the user, with its place in the conversation."""

    id: str
    kind: Literal["notice", "error"]
    text: str
    after_item_id: str | None


class Notices(list[Notice]):
    """All notices of a session, in order.

    Parameters
    ----------
    conversation
        The conversation in which they stand.
    new_id
        Makes ids of the session's own.
    changed
        Called when the notices have changed.
    """

    def __init__(
        self, conversation: Conversation, new_id: Callable[[str], str], changed: Callable[[], object]
    ) -> None:
        super().__init__()
        self._conversation, self._new_id, self._changed = conversation, new_id, changed
        self._left_out = 0
        #: Id of the line for all further events that could not be used.
        self._left_out_line = ""
        #: Ids of the lines of states that last, by their subjects.
        self._passing: dict[str, str] = {}

    def tell(self, kind: Literal["notice", "error"], text: str) -> None:
        """Tell the user something at the present end of the conversation."""
        self._put(kind, text)

    def passing(self, subject: str, kind: Literal["notice", "error"], text: str) -> None:
        """Tell the user of a state that will pass; what was told of the same subject goes.

        Parameters
        ----------
        subject
            Names the state for `passed`.
        kind, text
            As of any notice.
        """
        self._take_back(subject)
        self._passing[subject] = self._put(kind, text)

    def passed(self, subject: str, text: str = "") -> None:
        """Take back what was told of a state that has passed; with `text` that is told in its place."""
        if self._take_back(subject) and text:
            self._put("notice", text)

    def all_passed(self) -> None:
        """Take back what was told of all states that last."""
        for subject in list(self._passing):
            self._take_back(subject)

    def left_out(self, text: str) -> bool:
        """Tell the user of an event that could not be used, after the first few in one line for all of them.

        Returns
        -------
        bool
            Whether it has a line of its own.
        """
        self._left_out += 1
        if self._left_out <= LEFT_OUT_SINGLY:
            self.tell("error", text)
            return True
        more = self._left_out - LEFT_OUT_SINGLY
        what = f"{more:,} more events" if more > 1 else "One more event"
        told = f"{what} of the server could not be used. The last: {text}"
        if not self._left_out_line:
            self._left_out_line = self._put("error", told)
        else:
            index = next(index for index, each in enumerate(self) if each.id == self._left_out_line)
            self[index] = replace(self[index], text=told)
            self._changed()
        return False

    def _put(self, kind: Literal["notice", "error"], text: str) -> str:
        order = self._conversation.order
        notice = Notice(self._new_id("notice"), kind, text, order[-1] if order else None)
        self.append(notice)
        self._changed()
        return notice.id

    def _take_back(self, subject: str) -> bool:
        notice_id = self._passing.pop(subject, None)
        if notice_id is None:
            return False
        self[:] = [each for each in self if each.id != notice_id]
        self._changed()
        return True
