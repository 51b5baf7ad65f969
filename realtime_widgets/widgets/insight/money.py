"""Tokens, money and what is left of every limit, as the page shows them. On the I/O thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.core.usage.cost import dollars
from realtime_widgets.widgets.messages import Money, MoneyLine, MoneyTurn, ShownLimit

if TYPE_CHECKING:
    from realtime_widgets.core.usage.cost import CostLine
    from realtime_widgets.core.usage.usage import Usage
    from realtime_widgets.runtime.session_runtime import SessionRuntime

#: Turns that are listed, the newest ones.
MOST_TURNS = 50
#: Characters of a turn's question.
SHOWN = 80


def money_of(runtime: SessionRuntime) -> Money:
    """Return what a session has used, and what is left."""
    accounts, core = runtime.accounts, runtime.core
    usage = accounts.usage
    turns = [turn for turn in core.turns.values() if turn.response_ids or turn.lost_ids][-MOST_TURNS:]
    shown = []
    for turn in turns:
        used = accounts.of_turn(turn, core.conversation)
        question = turn.question or _question(runtime, turn.response_ids)
        tokens = used.total_tokens + used.transcription.total_tokens
        shown.append(MoneyTurn(question[:SHOWN], tokens, _money(used)))
    return Money(
        total=accounts.status,
        prices=", ".join(usage.cost.sources),
        lines=[
            MoneyLine(_what(line), f"{line.quantity:,.0f} {line.unit}", _amount(line)) for line in usage.cost.lines
        ],
        turns=shown,
        limits=_limits(runtime),
    )


def _what(line: CostLine) -> str:
    return f"{line.what} ({line.model})" if line.model else line.what


def _amount(line: CostLine) -> str:
    if line.amount is None:
        return "no price"
    return "free" if line.rate == 0 else dollars(line.amount)


def _money(used: Usage) -> str:
    return str(used.cost) if used.cost.lines else ""


def _question(runtime: SessionRuntime, response_ids: list[str]) -> str:
    before = runtime.core.conversation.before(response_ids) or []
    return next((item.text for item in reversed(before) if item.role == "user" and item.text), "")


def _limits(runtime: SessionRuntime) -> list[ShownLimit]:
    accounts = runtime.accounts
    found = []
    for name, used, limit in accounts.budget_use:
        words = {
            "money": f"{dollars(used)} of {dollars(limit)}",
            "minutes": f"{used:.1f} of {limit:g} min",
            "tokens": f"{used:,.0f} of {limit:,.0f} tokens",
        }
        found.append(ShownLimit(f"Budget: {name}", round(min(1.0, used / limit), 3), words[name]))
    context = accounts.context
    if context.share is not None and context.limit:
        text = f"{context.tokens:,} of {context.limit:,} tokens"
        found.append(ShownLimit("Context", round(context.share, 3), text))
    for rate in accounts.rate_limits.values():
        if rate.limit and rate.remaining is not None:
            again = f", all there again in {rate.reset_seconds:.0f} s" if rate.reset_seconds else ""
            text = f"{rate.remaining:,.0f} of {rate.limit:,.0f} left{again}"
            share = min(1.0, max(0.0, 1 - rate.remaining / rate.limit))
            found.append(ShownLimit(f"Rate limit: {rate.name}", round(share, 3), text))
    return found
