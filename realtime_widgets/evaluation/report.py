"""Reports of an evaluation: a table in plain text, a page in HTML, JUnit's XML. Pure."""

from __future__ import annotations

import re
from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from realtime_widgets.shown_text import in_html, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from realtime_widgets.evaluation.results import Finding, Run, TurnResult

_HEAD = ("scenario", "configuration", "passed", "latency", "cents", "what went wrong")
_LONGEST = 90
#: What XML 1.0 cannot hold.
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #8884; padding: .3rem .6rem; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.good { color: #1a7f37; } .bad { color: #cf222e; }
@media (prefers-color-scheme: dark) { .good { color: #3fb950; } .bad { color: #ff7b72; } }
details { border: 1px solid #8884; border-radius: .4rem; margin: .5rem 0; padding: .4rem .8rem; }
details p { margin: .3rem 0; white-space: pre-wrap; }
code { font-size: 90%; overflow-wrap: anywhere; }
"""


def text_table(evaluation: Sequence[Run]) -> str:
    """Return a line for each scenario and configuration, the sum, and all problems of the runs that failed."""
    if not evaluation:
        return "No runs."
    rows = [_HEAD, *(_row(runs) for runs in _groups(evaluation))]
    rows = [tuple(_one_line(cell) for cell in row) for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD) - 1)]
    right = (2, 3, 4)
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=False))
        ]
        lines.append("  ".join([*cells, row[-1]]).rstrip())
    lines.insert(1, "-" * max(len(line) for line in lines[:1]))
    lines += ["", _sum(evaluation)]
    for run in (each for each in evaluation if not each.passed):
        lines += ["", f"{visible(_title(run))}: {run.status}"]
        lines += [f"  {visible(line)}" for problem in run.problems for line in problem.splitlines()]
    return "\n".join(lines)


def html_table(evaluation: Sequence[Run]) -> str:
    """Return the table alone, for a notebook; what came from outside is escaped."""
    head = "".join(f'<th scope="col">{cell}</th>' for cell in _HEAD)
    body = []
    for runs in _groups(evaluation):
        row = _row(runs)
        good = "good" if all(run.passed for run in runs) else "bad"
        cells = [f'<th scope="row">{in_html(row[0])}</th>', f"<td>{in_html(row[1])}</td>"]
        cells.append(f'<td class="number {good}">{row[2]}</td>')
        cells += [f'<td class="number">{in_html(cell)}</td>' for cell in row[3:5]]
        body.append(f"<tr>{''.join(cells)}<td>{in_html(row[5])}</td></tr>")
    return (
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
        f"<p>{in_html(_sum(evaluation))}</p>"
    )


def html_page(evaluation: Sequence[Run]) -> str:
    """Return a whole page: the table, and every run with what was said; those that failed are open."""
    runs = "".join(_run_in_html(run) for run in evaluation)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Evaluation</title><style>{_STYLE}</style></head><body><h1>Evaluation</h1>"
        f"{html_table(evaluation)}<h2>Runs</h2>{runs}</body></html>\n"
    )


def junit(evaluation: Sequence[Run]) -> str:
    """Return a report in JUnit's XML: a suite for each configuration, a case for each run."""
    root = ElementTree.Element("testsuites", name="realtime-widgets")
    by_name: dict[str, list[Run]] = {}
    for run in evaluation:
        by_name.setdefault(run.configuration or "scenarios", []).append(run)
    for name, runs in by_name.items():
        counts = {
            "tests": len(runs),
            "failures": sum(run.status == "failed" for run in runs),
            "errors": sum(run.status in ("error", "network", "invalid") for run in runs),
            "skipped": sum(run.status == "not run" for run in runs),
        }
        attributes = {key: str(count) for key, count in counts.items()}
        attributes |= {"name": _xml(name), "time": f"{sum(run.seconds for run in runs):.3f}"}
        suite = ElementTree.SubElement(root, "testsuite", attributes)
        for run in runs:
            _case(suite, run)
    ElementTree.indent(root)
    return ElementTree.tostring(root, "unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, run: Run) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_xml(run.file or "scenarios"),
        name=_xml(f"{run.scenario} [{run.number}]"),
        time=f"{run.seconds:.3f}",
    )
    kind = {"passed": "", "failed": "failure", "not run": "skipped"}.get(run.status, "error")
    if kind:
        problems = "\n".join(run.problems)
        element = ElementTree.SubElement(case, kind, message=_xml(problems.partition("\n")[0]), type=run.status)
        element.text = _xml(problems)
    said = "\n".join(line for turn in run.turns for line in _lines(turn))
    if said:
        ElementTree.SubElement(case, "system-out").text = _xml(said)


def _groups(evaluation: Sequence[Run]) -> Iterable[Sequence[Run]]:
    """Runs of the same scenario and configuration, which follow one another."""
    for _, runs in groupby(evaluation, key=lambda run: (run.file, run.scenario, run.configuration)):
        yield list(runs)


def _row(runs: Sequence[Run]) -> tuple[str, ...]:
    passed = sum(run.passed for run in runs)
    waits = [turn.latency_s for run in runs for turn in run.turns if turn.latency_s is not None]
    money = [run.money for run in runs]
    problems = [problem for run in runs for problem in run.problems]
    wrong = problems[0].partition("\n")[0] if problems else ""
    return (
        runs[0].scenario,
        runs[0].configuration or "-",
        f"{passed}/{len(runs)}",
        f"{median(waits) * 1000:.0f} ms" if waits else "-",
        _cents(money),
        wrong if len(wrong) <= _LONGEST else wrong[: _LONGEST - 1] + "…",
    )


def _sum(evaluation: Sequence[Run]) -> str:
    runs = len(evaluation)
    passed = sum(run.passed for run in evaluation)
    waits = sorted(turn.latency_s for run in evaluation for turn in run.turns if turn.latency_s is not None)
    parts = [f"{passed} of {runs} runs passed"]
    if waits:
        high = waits[min(len(waits) - 1, int(0.95 * len(waits)))]
        parts.append(f"latency {median(waits) * 1000:.0f} ms (median), {high * 1000:.0f} ms (95 %)")
    parts.append(f"sessions {_cents([run.money for run in evaluation])} cents")
    tests = [run.test_money for run in evaluation]
    if any(tests) or None in tests:
        parts.append(f"judge and caller {_cents(tests)} cents")
    again = sum(run.attempts - 1 for run in evaluation if run.attempts > 1)
    if again:
        parts.append(f"{again} begun again")
    return "; ".join(parts) + "."


def _cents(money: Sequence[float | None]) -> str:
    if any(each is None for each in money):
        return "no price"
    return f"{sum(each for each in money if each is not None) * 100:.3g}"


def _title(run: Run) -> str:
    configuration = f" ({run.configuration})" if run.configuration else ""
    return f"{run.scenario}{configuration}, run {run.number}"


def _run_in_html(run: Run) -> str:
    good = "good" if run.passed else "bad"
    facts = f"{run.seconds:.1f} s, {_cents([run.money])} cents"
    facts += f", begun {run.attempts} times" if run.attempts > 1 else ""
    error = f'<p class="bad">{in_html(run.error)}</p>' if run.error else ""
    body = "".join(_turn_in_html(number, turn) for number, turn in enumerate(run.turns, 1))
    return (
        f"<details{'' if run.passed else ' open'}><summary>{in_html(_title(run))}: "
        f'<b class="{good}">{run.status}</b> <small>({facts})</small></summary>'
        f"{error}{body}{_findings_in_html(run.findings)}</details>"
    )


def _turn_in_html(number: int, turn: TurnResult) -> str:
    lines = [
        f"<p><b>{in_html(line.partition(': ')[0])}:</b> {in_html(line.partition(': ')[2])}</p>"
        for line in _lines(turn)
    ]
    wait = f" <small>({turn.latency_s * 1000:.0f} ms)</small>" if turn.latency_s is not None else ""
    return f"<h4>Turn {number}{wait}</h4>{''.join(lines)}{_findings_in_html(turn.findings)}"


def _findings_in_html(findings: Sequence[Finding]) -> str:
    if not findings:
        return ""
    items = "".join(
        f'<li class="{"good" if each.passed else "bad"}">{"✓" if each.passed else "✗"} '
        f"<code>{in_html(each.expectation)}</code> {in_html(each.text)}</li>"
        for each in findings
    )
    return f'<ul style="list-style: none; padding-left: 0">{items}</ul>'


def _lines(turn: TurnResult) -> list[str]:
    lines = [f"user: {turn.question}"]
    lines += [
        f"tool: {call.name}({call.arguments}) -> {f'failed: {call.error}' if call.error else call.output}"
        for call in turn.calls
    ]
    lines.append(f"answer: {turn.answer}{' (interrupted)' if turn.interrupted else ''}")
    return [*lines, f"error: {turn.error}"] if turn.error else lines


def _one_line(text: str) -> str:
    return visible(text).replace("\n", " ").replace("\t", " ")


def _xml(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
