"""Accounting of one running session: its meter, its clock and its budget. On the I/O thread only."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from itertools import takewhile
from typing import TYPE_CHECKING

from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.core.usage.budget import Budget, BudgetGuard, Stop, Stopwatch
from realtime_widgets.core.usage.endings import ending_of
from realtime_widgets.core.usage.meter import Meter, RateLimit
from realtime_widgets.core.usage.prices import OwnPrices, PriceTable
from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from realtime_widgets.concurrency.clock import Clock
    from realtime_widgets.core.conversation.items import Conversation, Response
    from realtime_widgets.core.conversation.turns import Turn
    from realtime_widgets.core.playback.ledger import PlaybackLedger
    from realtime_widgets.core.usage.context import ContextUse
    from realtime_widgets.core.usage.usage import Usage
    from realtime_widgets.protocol import events as ev
    from realtime_widgets.protocol.endpoint.endpoint import Endpoint


class Accounts:
    """Counts what a session uses, and ends it when its budget is used up.

    Parameters
    ----------
    endpoint
        Names the models that are asked for.
    prices
        A table, or prices that go before the built-in ones.
    budget
        Limits, if any.
    clock
        What minutes are counted by.

    Raises
    ------
    ConfigurationError
        If the prices or the budget cannot be used.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        prices: PriceTable | OwnPrices | None,
        budget: Budget | None,
        clock: Clock,
    ) -> None:
        table = prices if isinstance(prices, PriceTable) else PriceTable().with_own(prices or {})
        self._free = endpoint.local
        self._on_azure = endpoint.service == "azure"
        self._meter = Meter(table, endpoint.model, endpoint.transcription, free=endpoint.local)
        self._told_full = False
        self._clock = clock
        self._time = Stopwatch(clock.time)
        self.limit(budget)
        self._notice: Callable[[str], None] = lambda text: None
        self._changed: Callable[[], None] = lambda: None
        self._stop: Callable[[str], None] = lambda reason: None

    @property
    def usage(self) -> Usage:
        """All that was used so far."""
        return self._meter.total(self._time.seconds)

    @property
    def context(self) -> ContextUse:
        """How full the model's context is."""
        return self._meter.context

    @property
    def rate_limits(self) -> dict[str, RateLimit]:
        """The account's limits as the service last reported them, by name."""
        return dict(self._meter.rate_limits)

    @property
    def status(self) -> str:
        """Tokens (or minutes, if nothing is counted by tokens) and money so far, empty before there is any."""
        usage = self.usage
        if not usage.cost.lines and not usage.cost.by_time:
            return "free, on this machine" if self._free else ""
        tokens, seconds = usage.total_tokens + usage.transcription.total_tokens, usage.transcription.seconds
        counted = f"{seconds / 60:.1f} min" if seconds and not tokens else f"{tokens:,} tokens"
        return ", ".join(filter(None, (counted, str(usage.cost), str(self.context))))

    def image_cost(self, tokens: int) -> float | None:
        """Return what images of so many tokens cost as input, in US dollars; None if that is not known."""
        return self._meter.image_cost(tokens)

    @property
    def used_up(self) -> str:
        """What of the budget is used up, in words; empty if the session may go on."""
        return self._guard.used_up(self.usage) if self._guard else ""

    @property
    def minutes(self) -> float:
        """Minutes of connected time so far."""
        return self._time.seconds / 60

    @property
    def limits(self) -> dict[str, float | None]:
        """The limits of the budget; empty without one."""
        return {} if self._budget is None else self._budget.limits

    @property
    def budget_use(self) -> list[tuple[str, float, float]]:
        """Each limit of the budget: its name, what of it is used by now, and the limit; empty without a budget."""
        return self._guard.used(self.usage) if self._guard else []

    def limit(self, budget: Budget | None) -> None:
        """Set the budget; what was used before counts.

        Raises
        ------
        ConfigurationError
            If it is not a `Budget`.
        """
        if budget is not None and not isinstance(budget, Budget):
            raise ConfigurationError(f"budget must be a Budget, such as Budget(money=0.50), not {budget!r}")
        self._budget = budget
        self._guard = BudgetGuard(budget, lambda: self._time.seconds) if budget else None

    def attach(
        self, notice: Callable[[str], None], changed: Callable[[], None], stop: Callable[[str], None]
    ) -> None:
        """Connect a session.

        Parameters
        ----------
        notice
            Tells the user something.
        changed
            Called when the usage is different.
        stop
            Ends the session for a reason.
        """
        self._notice, self._changed, self._stop = notice, changed, stop

    def receive(self, event: ev.AnyServerEvent) -> None:
        """Count what a server event reports."""
        self._meter.receive(event)
        self._changed()

    def sent(self, event: ev.ItemCreate) -> None:
        """Count what the user typed, where the service bills it."""
        self._meter.sent(event)

    def cut_off(self, response: Response, conversation: Conversation, ledger: PlaybackLedger) -> None:
        """Count a response that is lost with its connection, by an estimate: the service bills it all the same."""
        items = [item for each in response.item_ids if (item := conversation.items.get(each))]
        samples = sum(part.received for item in items for _, part in ledger.item_parts(item.id))
        written = sum(len(item.text) + len(item.arguments) for item in items)
        read = sum(len(item.text) + len(item.output) for item in conversation) - written
        self._meter.cut_off(response.id, max(read, 0), written, samples / SAMPLE_RATE)
        self._changed()

    def check(self) -> bool:
        """Warn the user or end the session if its budget requires it. Return whether the session continues.

        Once, the user is also told of a context that is nearly full.
        """
        if (notice := self.context.notice) and not self._told_full:
            self._notice(notice)
        self._told_full = bool(notice)
        for due in self._guard.check(self.usage) if self._guard else ():
            if isinstance(due, Stop):
                self._time.stop()
                self._stop(due.reason)
                return False
            self._notice(due.text)
        return True

    def endings(self, today: date) -> list[str]:
        """Return what to tell the user of models in use that end soon; Azure has dates of its own."""
        if self._free or self._on_azure:
            return []
        known = [ending_of(name) for name in self._meter.models]
        return [text for ending in known if ending and (text := ending.notice(today))]

    def watch(self) -> Coroutine[object, object, None]:
        """Return the coroutine that has to run until the session ends; it starts the budget's clock.

        Raises
        ------
        ConfigurationError
            If a budget in money could not be kept, since the model has no price.
        """
        if self._budget and self._budget.money is not None and self._meter.price is None:
            model = self._meter.model
            raise ConfigurationError(
                f"a budget in money cannot be kept, for there is no price for {model!r}: give a budget in "
                f'minutes, or its price, prices={{"{model}": Price(...)}}, or whose price it has, '
                f'prices={{"{model}": "gpt-realtime-2.1"}}'
            )
        return self._watch()

    def of_turn(self, turn: Turn, conversation: Conversation) -> Usage:
        """Return what one turn used so far: its responses, and its question as typed or written down."""
        asked = _question_ids(turn, conversation)
        typed = sum(not conversation.items[each].spoken for each in asked)
        return self._meter.of([*turn.response_ids, *turn.lost_ids], asked) + self._meter.of_messages(typed)

    async def _watch(self) -> None:
        self._time.start()
        for ending in self.endings(datetime.now(UTC).date()):
            self._notice(ending)
        try:
            while (wait := self._next_check_s()) is not None:
                await self._clock.sleep(wait)
                if not self.check():
                    return
            await asyncio.Event().wait()
        finally:
            self._time.stop()

    def _next_check_s(self) -> float | None:
        if self._guard is None:
            return None
        price = self._meter.price
        return self._guard.next_check_s(self.usage.cost, (price.per_session_minute if price else None) or 0.0)


def _question_ids(turn: Turn, conversation: Conversation) -> list[str]:
    """Return the ids of the user's items right before a turn's first one."""
    before = reversed(conversation.before(turn.response_ids) or [])
    return [item.id for item in takewhile(lambda item: item.role == "user", before)]
