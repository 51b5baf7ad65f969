"""Recordings side by side: words, calls, arguments, times, money, interruptions; where they part is marked."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from realtime_widgets.core.usage.cost import dollars
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.recording.talk import RecordedTalk
from realtime_widgets.shown_text import in_html, visible

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    from realtime_widgets.recording.turns import RecordedTurn

#: In what the turns of two recordings can differ.
Difference = Literal["question", "words", "calls", "arguments", "results", "interruption", "error", "missing"]

_STYLE = """
.rw-compare { border-collapse: collapse; font-size: 13px; width: 100%; table-layout: fixed; }
.rw-compare th, .rw-compare td { text-align: left; vertical-align: top; padding: .4em .6em;
  border: 1px solid #8884; overflow-wrap: anywhere; }
.rw-compare .rw-part { border-top: 3px solid #d92d4b; }
.rw-compare ins { background: #2e7d3233; text-decoration: none; } .rw-compare code { white-space: pre-wrap; }
.rw-compare small { opacity: .75; display: block; } .rw-compare b.rw-differs { color: #c4233c; }
"""


@dataclass(frozen=True)
class ComparedTurn:
    """One question, and how each recording went on.

    Attributes
    ----------
    number : int
        Of the row, from 1.
    turns : tuple of RecordedTurn or None
        The turn in each recording; None where there is none.
    differences : tuple of str
        In what a recording differs from the first: ``"question"``, ``"words"``, ``"calls"``, ``"arguments"``,
        ``"results"``, ``"interruption"``, ``"error"`` or ``"missing"``.
    """

    number: int
    turns: tuple[RecordedTurn | None, ...]
    differences: tuple[Difference, ...]

    @property
    def question(self) -> str:
        """The user's words, of the first recording that has them."""
        return next((turn.question for turn in self.turns if turn), "")


@dataclass(frozen=True)
class Total:
    """One recording as a whole.

    Attributes
    ----------
    name, model : str
        Of its file, and of its model.
    turns, calls, interruptions, errors : int
        How many.
    seconds : float
        How long it is.
    wait : float or None
        Mean seconds from the end of a question to the answer.
    money : float or None
        US dollars; None if a part has no price.
    tokens : int
        All tokens, in and out.
    """

    name: str
    model: str
    turns: int
    calls: int
    interruptions: int
    errors: int
    seconds: float
    wait: float | None
    money: float | None
    tokens: int


class Comparison:
    """Recordings side by side; a notebook shows them as a table. Iterate over the turns.

    Attributes
    ----------
    rows : list of ComparedTurn
        The turns, in the order of the first recording.
    totals : list of Total
        Each recording as a whole.
    """

    def __init__(self, recordings: Sequence[RecordedTalk]) -> None:
        turns = [talk.turns for talk in recordings]
        self.totals = [_total(talk) for talk in recordings]
        self.rows = [ComparedTurn(number, row, _differences(row)) for number, row in enumerate(_aligned(turns), 1)]

    @property
    def parts_at(self) -> int | None:
        """Number of the first turn that is not the same in all; None if all are."""
        return next((row.number for row in self.rows if row.differences), None)

    def __iter__(self) -> Iterator[ComparedTurn]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> ComparedTurn:
        return self.rows[index]

    def to_records(self) -> list[dict[str, Any]]:
        """Return a dictionary for each turn of each recording: for ``pandas.DataFrame``."""
        return [
            {
                "turn": row.number,
                "recording": total.name,
                "question": turn.question,
                "answer": turn.answer,
                "calls": [f"{call.name}({call.arguments})" for call in turn.calls],
                "wait": turn.wait,
                "heard": turn.heard_s,
                "interrupted": turn.interrupted,
                "error": turn.error,
                "money": turn.money,
                "differs": list(row.differences) if turn is not row.turns[0] else [],
            }
            for row in self.rows
            for total, turn in zip(self.totals, row.turns, strict=True)
            if turn is not None
        ]

    def __repr__(self) -> str:
        lines = [_total_line(total) for total in self.totals]
        for row in self.rows:
            mark = "  <- they part here" if row.number == self.parts_at else ""
            what = f"differ in {', '.join(row.differences)}" if row.differences else "the same"
            lines.append(f"{row.number}. {row.question!r}: {what}{mark}")
            if row.differences:
                lines += [
                    f"     {total.name}: {_short(turn)}"
                    for total, turn in zip(self.totals, row.turns, strict=True)
                ]
        return visible("\n".join(lines))

    def _repr_html_(self) -> str:
        heads = "".join(f"<th>{_total_cell(total)}</th>" for total in self.totals)
        rows = []
        for row in self.rows:
            kind = ' class="rw-part"' if row.number == self.parts_at else ""
            note = " — they part here" if kind else ""
            differs = f'<b class="rw-differs">{", ".join(row.differences)}{note}</b>' if row.differences else ""
            cells = [f"<td>{row.number}. {in_html(row.question)} {differs}</td>"]
            cells += [f"<td>{_cell(turn, row.turns[0])}</td>" for turn in row.turns]
            rows.append(f"<tr{kind}>{''.join(cells)}</tr>")
        head = f"<tr><th>Question</th>{heads}</tr>"
        return f'<style>{_STYLE}</style><table class="rw-compare mathjax_ignore">{head}{"".join(rows)}</table>'


def compare(*recordings: RecordedTalk | str | os.PathLike[str]) -> Comparison:
    """Put recordings side by side: words, calls, arguments, times, money, interruptions.

    The turns are matched by their questions, and each recording is compared with the first; where they first part
    is marked. Words are compared without case and punctuation.

    Parameters
    ----------
    *recordings
        Two or more recordings, or their files.

    Raises
    ------
    ConfigurationError
        If there are fewer than two.
    RecordingError
        If a file cannot be read.
    """
    if len(recordings) < 2:
        raise ConfigurationError("compare() takes two recordings or more")
    return Comparison([each if isinstance(each, RecordedTalk) else RecordedTalk.load(each) for each in recordings])


def _aligned(talks: list[list[RecordedTurn]]) -> list[tuple[RecordedTurn | None, ...]]:
    """Match the turns of each recording with those of the first."""
    first = talks[0]
    columns: list[list[RecordedTurn | None]] = [[*first]]
    for turns in talks[1:]:
        column: list[RecordedTurn | None] = [None] * len(columns[0])
        places = [index for index, turn in enumerate(columns[0]) if turn is not None]
        mine, theirs = [_plain(turn.question) for turn in first], [_plain(turn.question) for turn in turns]
        added: list[tuple[int, RecordedTurn]] = []
        for tag, a, a_end, b, b_end in difflib.SequenceMatcher(None, mine, theirs, autojunk=False).get_opcodes():
            matched = 0 if tag in ("delete", "insert") else min(a_end - a, b_end - b)
            for step in range(matched):
                column[places[a + step]] = turns[b + step]
            after = places[a_end - 1] + 1 if a_end else 0
            added += [(after, turn) for turn in turns[b + matched : b_end]]
        for shift, (place, turn) in enumerate(added):
            for other in columns:
                other.insert(place + shift, None)
            column.insert(place + shift, turn)
        columns.append(column)
    return list(zip(*columns, strict=True))


def _differences(turns: tuple[RecordedTurn | None, ...]) -> tuple[Difference, ...]:
    found: dict[Difference, None] = {}
    first = turns[0]
    for turn in turns[1:]:
        if (first is None) != (turn is None):
            found["missing"] = None
        elif first is not None and turn is not None:
            found |= dict.fromkeys(_differ(first, turn))
    return tuple(found)


def _differ(first: RecordedTurn, other: RecordedTurn) -> Iterator[Difference]:
    if _plain(first.question) != _plain(other.question):
        yield "question"
    if _plain(first.answer) != _plain(other.answer):
        yield "words"
    if [call.name for call in first.calls] != [call.name for call in other.calls]:
        yield "calls"
    elif [_same(call.arguments) for call in first.calls] != [_same(call.arguments) for call in other.calls]:
        yield "arguments"
    elif [call.output for call in first.calls] != [call.output for call in other.calls]:
        yield "results"
    if first.interrupted != other.interrupted:
        yield "interruption"
    if bool(first.error) != bool(other.error):
        yield "error"


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _same(arguments: str) -> str:
    try:
        return json.dumps(json.loads(arguments or "{}"), sort_keys=True)
    except ValueError:
        return arguments


def _total(talk: RecordedTalk) -> Total:
    waits = [turn.wait for turn in talk.turns if turn.wait is not None]
    usage = talk.state.usage
    return Total(
        name=talk.path.stem,
        model=talk.model,
        turns=len(talk.turns),
        calls=len(talk.calls),
        interruptions=sum(turn.interrupted for turn in talk.turns),
        errors=sum(bool(turn.error) for turn in talk.turns),
        seconds=talk.seconds,
        wait=sum(waits) / len(waits) if waits else None,
        money=talk.money,
        tokens=int(usage.get("input_tokens", 0)) + int(usage.get("output_tokens", 0)),
    )


def _facts(total: Total) -> list[str]:
    return [
        f"{total.turns} turn{'' if total.turns == 1 else 's'}",
        f"{total.calls} call{'' if total.calls == 1 else 's'}",
        *([f"{total.interruptions} interrupted"] if total.interruptions else []),
        *([f"{total.errors} failed"] if total.errors else []),
        f"{total.seconds:.1f} s",
        *([] if total.wait is None else [f"answers after {total.wait:.2f} s"]),
        *([f"{total.tokens:,} tokens"] if total.tokens else []),
        "price unknown" if total.money is None else dollars(total.money),
    ]


def _total_line(total: Total) -> str:
    return f"{total.name} ({total.model or 'unknown model'}): {', '.join(_facts(total))}"


def _total_cell(total: Total) -> str:
    return f"{in_html(total.name)}<small>{in_html(total.model)}<br>{in_html(', '.join(_facts(total)))}</small>"


def _short(turn: RecordedTurn | None) -> str:
    if turn is None:
        return "nothing"
    calls = "".join(f"{call.name}({call.arguments}) -> {call.output}; " for call in turn.calls)
    wait = "" if turn.wait is None else f", after {turn.wait:.2f} s"
    cut = ", interrupted" if turn.interrupted else ""
    return f"{calls}{turn.answer or turn.error!r}{wait}{cut}"


def _cell(turn: RecordedTurn | None, first: RecordedTurn | None) -> str:
    if turn is None:
        return "<i>nothing</i>"
    parts = [
        f"<code>{in_html(f'{call.name}({call.arguments})')}</code><small>{in_html(call.output[:300])}</small>"
        for call in turn.calls
    ]
    parts.append(_marked(turn.answer, first.answer if first and first is not turn else turn.answer))
    facts = [
        *([] if turn.wait is None else [f"after {turn.wait:.2f} s"]),
        *([f"{turn.heard_s:.1f} s heard"] if turn.heard_s else []),
        *(["interrupted"] if turn.interrupted else []),
        *([turn.error] if turn.error else []),
        *([] if turn.money is None else [dollars(turn.money)]),
    ]
    return "<br>".join(parts) + (f"<small>{in_html(', '.join(facts))}</small>" if facts else "")


def _marked(text: str, beside: str) -> str:
    """Return words as HTML; those that are not beside are marked."""
    words, others = text.split(), beside.split()
    matcher = difflib.SequenceMatcher(None, [_plain(each) for each in others], [_plain(each) for each in words])
    made = []
    for tag, _, _, begin, end in matcher.get_opcodes():
        if piece := in_html(" ".join(words[begin:end])):
            made.append(piece if tag == "equal" else f"<ins>{piece}</ins>")
    return " ".join(made)
