"""The review queue: what checks flagged, and tool calls that wait, for a person who reads, hears and decides."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import traitlets

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.errors import ConfigurationError, RealtimeWidgetsError
from realtime_widgets.safety.review import Reviewed, ReviewLog
from realtime_widgets.widgets import messages as msg
from realtime_widgets.widgets.base import RealtimeWidget, SessionReference, bundle, log_to_handlers_only
from realtime_widgets.widgets.talk.entries import make_entries, timed

if TYPE_CHECKING:
    import asyncio
    from typing import Protocol

    from realtime_widgets.runtime.session_runtime import SessionRuntime
    from realtime_widgets.safety.review import Side
    from realtime_widgets.widgets.base import ShownSession

    class ReviewedSession(ShownSession, Protocol):
        """A session with a review log."""

        @property
        def review(self) -> ReviewLog:
            """What its checks flagged."""


#: Items that a page gets, the newest ones.
MOST_ITEMS = 500
#: Shortest time between two refreshes, in seconds.
_REFRESH_S = 0.1


class ReviewQueue(RealtimeWidget):
    """Shows what was flagged to somebody who decides: the check was right, it was a false alarm, or unsure.

    With a session, its tool calls that wait for consent stand there too. What others decided is shown once the
    own decision is made. Nothing of it is saved with the notebook but how many items are open.

    Parameters
    ----------
    source : RealtimeSession or ReviewLog
        The session, or a log of its own.
    reviewer : str
        Name of the person who decides.

    Attributes
    ----------
    reviews : ReviewLog
        The log that it shows.
    reviewer : str
        Name of the person who decides; the user changes it too.
    waiting : int
        Items on which the reviewer has not decided.

    Raises
    ------
    ConfigurationError
        If the source is neither a session nor a log.
    """

    _esm = bundle("review_queue.js")
    reviewer = traitlets.Unicode("").tag(sync=True)
    waiting = traitlets.Int(0, read_only=True).tag(sync=True)

    def __init__(self, source: ReviewedSession | ReviewLog, reviewer: str = "") -> None:
        self._session: SessionReference[ReviewedSession] | None = None
        if isinstance(source, ReviewLog):
            self.reviews = source
        elif isinstance(getattr(source, "review", None), ReviewLog):
            self._session, self.reviews = SessionReference(source), source.review
        else:
            raise ConfigurationError(f"ReviewQueue() takes a session or a ReviewLog, not {source!r:.80}")
        self._engine = shared_engine()
        self._timer: asyncio.TimerHandle | None = None
        self._sent: dict[str, msg.ReviewItem] = {}
        self._asking: list[msg.ToolCard] = []
        log_to_handlers_only()
        super().__init__(reviewer=reviewer)
        self._listen(msg.ReviewReport, self._obey)
        self._follow(self.reviews)
        if not isinstance(source, ReviewLog):
            source.runtime.observe(self._soon, "state", "calls")
        self.observe(lambda _change: self._engine.call(self._send_all), "reviewer")
        self._engine.run(self._refresh)

    def _follow(self, log: ReviewLog) -> None:
        """Follow a log, which may outlive this widget and does not keep it alive."""
        alive = weakref.ref(self)

        def changed() -> None:
            widget = alive()
            if widget is None or widget.comm is None:
                log.on_change.remove(changed)
            else:
                widget._engine.call(widget._soon)

        log.on_change.append(changed)

    def _obey(self, report: msg.ReviewReport, buffers: list[Any]) -> None:
        match report:
            case msg.ReviewReady():
                self._engine.call(self._send_all)
            case msg.Judge(id=item_id, judgement=judgement, note=note):
                self._decide(item_id, judgement, note)
            case msg.PlaySide(id=item_id, side=side, page_id=page_id):
                self._play(item_id, side, page_id)
            case msg.Decide(call_id=call_id, decision=decision):
                if (runtime := self._runtime()) is not None:
                    self._engine.call(runtime.decide, decision, call_id)

    def _decide(self, item_id: str, judgement: Any, note: str) -> None:
        try:
            self.reviews.decide(item_id, judgement, note, self.reviewer)
        except (KeyError, RealtimeWidgetsError):  # it was forgotten meanwhile
            self._engine.call(self._send_all)

    def _play(self, item_id: str, side: Side, page_id: str) -> None:
        from realtime_widgets.audio.pcm import SAMPLE_RATE
        from realtime_widgets.audio.samples import from_pcm16, wav_bytes  # brings numpy, rarely needed here

        if pcm := self.reviews.sound(item_id, side):
            self._command(msg.ReviewSound(page_id), [wav_bytes(from_pcm16(pcm), SAMPLE_RATE)])

    def _runtime(self) -> SessionRuntime | None:
        session = self._session.get() if self._session else None
        return None if session is None else session.runtime

    def _soon(self) -> None:
        if self._timer is None:
            self._timer = self._engine.loop.call_later(_REFRESH_S, self._refresh)

    def _refresh(self, whole: bool = False) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        items = {each.flagged.id: self._item(each) for each in self.reviews.items()[-MOST_ITEMS:]}
        changed = [item for item_id, item in items.items() if whole or self._sent.get(item_id) != item]
        gone = list(self._sent.keys() - items.keys())
        self._sent = items
        if changed or whole:
            self._command(msg.ReviewItems(changed, whole))
        if gone and not whole:
            self._command(msg.ReviewGone(gone))
        asking = self._calls()
        if asking != self._asking or whole:
            self._asking = asking
            self._command(msg.ReviewAsking(asking))
        self.set_trait("waiting", sum(item.own is None for item in items.values()))

    def _send_all(self) -> None:
        self._refresh(whole=True)

    def _item(self, item: Reviewed) -> msg.ReviewItem:
        flagged, own = item.flagged, item.by(self.reviewer)
        judgements = {
            each.reviewer: msg.ReviewJudgement(each.reviewer, each.judgement, each.note) for each in item.decisions
        }
        about = bool(flagged.item_id)
        return msg.ReviewItem(
            id=flagged.id,
            time=flagged.time,
            place=flagged.place,
            check=flagged.check,
            action=flagged.action,
            reason=flagged.reason,
            score=flagged.score,
            text=flagged.text,
            tool=flagged.tool,
            talk=[
                msg.ReviewSaid(said.role, said.text, about and said.item_id == flagged.item_id)
                for said in flagged.talk
            ],
            heard=self.reviews.has_sound(flagged.id, "heard"),
            spoken=self.reviews.has_sound(flagged.id, "spoken"),
            own=None if own is None else judgements.pop(self.reviewer),
            others=[] if own is None else list(judgements.values()),
        )

    def _calls(self) -> list[msg.ToolCard]:
        runtime = self._runtime()
        if runtime is None or runtime.state == "closed":
            return []
        left = runtime.consent.seconds_left()
        entries = [timed(entry, left) for entry in make_entries(runtime.core, runtime.tools, closed=False)]
        cards = [entry.tool for entry in entries if isinstance(entry.tool, msg.ToolCard)]
        return [card for card in cards if card.state == "approval"]
