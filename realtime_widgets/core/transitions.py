"""State machines as tables, (state, event) -> state; `STATES.md` draws each of them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

S = TypeVar("S", bound=str)
E = TypeVar("E", bound=str)


class IllegalTransitionError(RuntimeError):
    """An event came in a state that has no transition for it: a fault of this package."""


class TransitionTable(dict[tuple[S, E], S]):
    """All transitions of one state machine: ``table[state, event]`` is the next state.

    Parameters
    ----------
    initial
        The first state.
    rows
        The next state by the present one and an event.
    strict
        Whether an event without a row raises `IllegalTransitionError`; if not, it changes nothing.
    """

    def __init__(self, initial: S, rows: Mapping[tuple[S, E], S], strict: bool = False) -> None:
        super().__init__(rows)
        self.initial: S = initial
        self.strict = strict

    def __missing__(self, key: tuple[S, E]) -> S:
        state, event = key
        if self.strict:
            raise IllegalTransitionError(f"{event!r} cannot happen in the state {state!r}")
        return state
