"""Draws the state machines of a session from their tables: ``python -m devtools.diagrams`` writes `STATES.md`."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import realtime_widgets
from realtime_widgets.core.playback.ledger import PART_PHASES
from realtime_widgets.core.playback.voice import VOICE_PHASES
from realtime_widgets.core.presence.pages import PAGE_PHASES
from realtime_widgets.core.reconnect.connection import CONNECTION_PHASES
from realtime_widgets.core.turn_taking.false_interruption import INTERRUPTION_PHASES
from realtime_widgets.tools.execution import lifecycle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_widgets.core.transitions import TransitionTable

PAGE = Path(realtime_widgets.__file__).parent / "core" / "STATES.md"

_HEAD = """# States

The state machines of a session, drawn from the tables in the code by `python -m devtools.diagrams`.
Edit the tables, not this page. An event that a state does not show changes nothing there, unless the text says
otherwise.
"""


@dataclass(frozen=True)
class Machine:
    """A diagram to draw: a title, the place of the table, its subject, and the table."""

    title: str
    place: str
    about: str
    initial: str
    rows: Mapping[tuple[str, str], str]


def machines() -> list[Machine]:
    """Return all state machines."""
    return [
        _of_table(
            "The sound of a content part",
            "playback/ledger.py",
            "A `stopping` or `pausing` part waits for the player to say where it stopped; a `held` part waits"
            " until it is known whether speech interrupted it.",
            PART_PHASES,
        ),
        _of_table(
            "The voice of the answers",
            "playback/voice.py",
            "Sound goes to the player only while it is `flowing`; in the other states what comes is kept.",
            VOICE_PHASES,
        ),
        _of_table(
            "An interruption",
            "turn_taking/false_interruption.py",
            "From the first sound over an answer. A `resumed` answer stops again if words come after all.",
            INTERRUPTION_PHASES,
        ),
        _of_table(
            "The connection",
            "reconnect/connection.py",
            "Any event that a state does not show is an error of the program.",
            CONNECTION_PHASES,
        ),
        _of_table(
            "A page that shows the session",
            "presence/pages.py",
            "At most one page is `sounding`: it plays and captures. A `silent` one gave no sign when it was"
            " asked, and may come back.",
            PAGE_PHASES,
        ),
        Machine(
            "A tool call",
            "../tools/execution/lifecycle.py",
            "Each call delivers its one output when it has `ended`.",
            lifecycle.CallLife().phase,
            _rows_of_call(),
        ),
    ]


def _of_table(title: str, place: str, about: str, table: TransitionTable[Any, Any]) -> Machine:
    return Machine(title, place, about, table.initial, table)


def _rows_of_call() -> dict[tuple[str, str], str]:
    """Try every event in every phase."""
    events: dict[str, lifecycle.LifeEvent] = {
        "checked (ask)": lifecycle.Checked(ask=True),
        "checked (do not ask)": lifecycle.Checked(ask=False),
        "approved": lifecycle.Approved(),
        "denied": lifecycle.Denied(""),
        "admitted": lifecycle.Admitted(),
        "stopped": lifecycle.Stopped(""),
        "finished": lifecycle.Finished(),
    }
    if {type(event) for event in events.values()} != set(get_args(lifecycle.LifeEvent)):
        raise ValueError("there are events of a call that are not drawn")
    rows: dict[tuple[str, str], str] = {}
    for phase in get_args(lifecycle.Phase):
        for name, event in events.items():
            life = lifecycle.CallLife()
            life.phase = phase
            life.step(event)
            if life.phase != phase:
                rows[phase, name] = life.phase
    return rows


def page() -> str:
    """Return the page with all diagrams, in Markdown with Mermaid."""
    return "\n".join([_HEAD, *(_section(machine) for machine in machines())])


def _section(machine: Machine) -> str:
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, event), after in machine.rows.items():
        arrows.setdefault((state, after), []).append(event)
    lines = [
        f"## {machine.title}",
        "",
        f"[{machine.place}]({machine.place})",
        "",
        *textwrap.wrap(machine.about, 110),
        "",
        "```mermaid",
        "stateDiagram-v2",
        f"    [*] --> {machine.initial}",
        *(f"    {state} --> {after}: {', '.join(events)}" for (state, after), events in arrows.items()),
        "```",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page())
    print(PAGE)
