"""Retrieval of items as the service has them, with their audio: pending requests and their answers. Pure."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.protocol import events as ev

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from realtime_widgets.protocol.events import JsonObject


@dataclass(frozen=True)
class RetrievedItem:
    """An item as the service has it.

    Attributes
    ----------
    id : str
        The id by which it was asked for.
    kind, role : str
        As on the wire, such as ``"message"`` of the ``"user"``; a function call has no role.
    status : str
        ``"completed"``, ``"incomplete"`` or ``"in_progress"``.
    text : str
        Its words, written and spoken; of a call its arguments, of a call's output that output.
    rate : int
        Sample rate of `audio`, in hertz.
    data : dict
        The whole item as it came, sound included, in the protocol's shape.
    """

    id: str
    kind: str
    role: str
    status: str
    text: str
    pcm: bytes = field(repr=False)
    rate: int = SAMPLE_RATE
    data: JsonObject = field(default_factory=dict, repr=False, compare=False)

    @property
    def audio(self) -> npt.NDArray[np.float32]:
        """Its sound as the model has it, mono float32 of shape (n,) in [-1, 1] at `rate` hertz; empty if none."""
        from realtime_widgets.audio.samples import from_pcm16  # brings numpy, which words never need

        return from_pcm16(self.pcm)


@dataclass
class Retrieval:
    """One request for an item; done when it has an `item` or an `error`."""

    event: ev.ItemRetrieve
    asked_for: str
    item: RetrievedItem | None = None
    error: str = ""

    @property
    def done(self) -> bool:
        """Whether there is nothing to wait for any more."""
        return self.item is not None or bool(self.error)


class Retrievals:
    """The requests that wait for an answer."""

    def __init__(self) -> None:
        self._waiting: dict[str, Retrieval] = {}

    def ask(self, event_id: str, item_id: str, asked_for: str) -> Retrieval:
        """Request an item; `asked_for` is the id by which the user knows it."""
        retrieval = Retrieval(ev.ItemRetrieve(event_id=event_id, item_id=item_id), asked_for)
        self._waiting[event_id] = retrieval
        return retrieval

    def came(self, item: JsonObject) -> None:
        """Fulfil the oldest request for an item of the service."""
        for event_id, retrieval in self._waiting.items():
            if retrieval.event.item_id == item.get("id"):
                del self._waiting[event_id]
                retrieval.item, retrieval.error = _read(item, retrieval.asked_for)
                return

    def refused(self, event_id: str, error: ev.ErrorDetail) -> bool:
        """Apply an error. Return whether it refused a request."""
        retrieval = self._waiting.pop(event_id, None)
        if retrieval is None:
            return False
        retrieval.error = f"the service has no item {retrieval.asked_for!r}: {error.message or error.code}"
        return True

    def give_up(self, retrieval: Retrieval) -> None:
        """Wait for it no longer."""
        self._waiting.pop(retrieval.event.event_id, None)

    def lost(self) -> None:
        """The connection is gone, and with it the sound that the service had."""
        for retrieval in self._waiting.values():
            retrieval.error = f"the connection was lost before the item {retrieval.asked_for!r} came; ask again"
        self._waiting.clear()


def _read(item: JsonObject, asked_for: str) -> tuple[RetrievedItem | None, str]:
    parts = [part for part in item.get("content") or [] if isinstance(part, dict)]
    try:
        pcm = b"".join(base64.b64decode(part["audio"], validate=True) for part in parts if part.get("audio"))
    except (binascii.Error, ValueError, TypeError):
        return None, f"the sound of the item {asked_for!r} came in a form that cannot be decoded"
    words = [str(part.get("text") or part.get("transcript") or "") for part in parts]
    text = " ".join(word for word in words if word) or str(item.get("output") or item.get("arguments") or "")
    kind, role, status = (str(item.get(name) or "") for name in ("type", "role", "status"))
    whole = pcm[: len(pcm) // 2 * 2]
    return RetrievedItem(asked_for, kind, role, status, text.strip(), whole, data=item), ""
