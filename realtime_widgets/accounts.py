"""The accounts of one running session: its meter, its clock and its budget. On the I/O thread only."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from realtime_widgets.budget import Budget, BudgetGuard, Stop, Stopwatch
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.meter import Meter, RateLimit
from realtime_widgets.prices import OwnPrices, PriceTable

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from realtime_widgets.clock import Clock
    from realtime_widgets.conversation import Conversation
    from realtime_widgets.protocol import events as ev
    from realtime_widgets.protocol.endpoints import Endpoint
    from realtime_widgets.runtime import SessionRuntime
    from realtime_widgets.turns import Turn
    from realtime_widgets.usage import Usage


class Accounts:
    """Counts what a session uses, and ends it where its budget is used up.

    Parameters
    ----------
    endpoint
        Whose models are asked for.
    prices
        A table, or prices that go before the built-in ones.
    budget
        Limits, if any.
    clock
        What minutes are counted by.

    Raises
    ------
    ConfigurationError
        Where the prices or the budget are none.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        prices: PriceTable | OwnPrices | None,
        budget: Budget | None,
        clock: Clock,
    ) -> None:
        if budget is not None and not isinstance(budget, Budget):
            raise ConfigurationError(f"budget must be a Budget, such as Budget(money=0.50), not {budget!r}")
        table = prices if isinstance(prices, PriceTable) else PriceTable().with_own(prices or {})
        self._free = endpoint.local
        self._meter = Meter(table, endpoint.model, endpoint.transcription, free=endpoint.local)
        self._clock = clock
        self._time = Stopwatch(clock.time)
        self._budget = budget
        self._guard = BudgetGuard(budget, lambda: self._time.seconds) if budget else None
        self._runtime: SessionRuntime | None = None
        self._stop: Callable[[str], None] = lambda reason: None

    @property
    def usage(self) -> Usage:
        """All that was used so far."""
        return self._meter.total(self._time.seconds)

    @property
    def rate_limits(self) -> dict[str, RateLimit]:
        """The account's limits as the service last told them, by name."""
        return dict(self._meter.rate_limits)

    @property
    def status(self) -> str:
        """Tokens and money so far in a few words, empty before there is anything to say."""
        usage = self.usage
        if not usage.cost.lines and not usage.cost.by_time:
            return "free, on this machine" if self._free else ""
        return f"{usage.total_tokens + usage.transcription.total_tokens:,} tokens, {usage.cost}"

    def attach(self, runtime: SessionRuntime, stop: Callable[[str], None]) -> None:
        """Name the session that is told of warnings, and what ends it for a reason."""
        self._runtime, self._stop = runtime, stop

    def receive(self, event: ev.AnyServerEvent) -> None:
        """Count what a server event reports."""
        self._meter.receive(event)

    def check(self) -> bool:
        """Warn or end the session where its budget says so; returns whether it goes on."""
        for due in self._guard.check(self.usage.cost) if self._guard else ():
            if isinstance(due, Stop):
                self._time.stop()
                self._stop(due.reason)
                return False
            if self._runtime:
                self._runtime.core.notice("notice", due.text)
                self._runtime.changed()
        return True

    def watch(self) -> Coroutine[object, object, None]:
        """Return what has to run from now until the session ends; the clock runs with it.

        Raises
        ------
        ConfigurationError
            Where a budget in money could not be kept, since the model has no price.
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
        """Return what one turn used so far: its responses, and the writing down of the speech it answers."""
        return self._meter.of(turn.response_ids, _question_ids(turn, conversation))

    async def _watch(self) -> None:
        self._time.start()
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
    """Ids of the user's items right before a turn's first one."""
    items = list(conversation)
    mine = [index for index, item in enumerate(items) if item.response_id in turn.response_ids]
    found: list[str] = []
    for item in reversed(items[: mine[0]] if mine else []):
        if item.role != "user":
            break
        found.append(item.id)
    return found
