"""What a run of the benchmarks says of an earlier one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.results import Results
from benchmarks.rows import Row

if TYPE_CHECKING:
    from pathlib import Path


def row(measure: str, value: float, peer: float = 100.0, **fields: float) -> Row:
    return Row("delay", measure, (value,), peer="floor", peer_values=(peer,), **{"target": 1.5, **fields})  # type: ignore[arg-type]


def before(*rows: Row) -> Results:
    results = Results("a machine", False)
    results.add("delay", rows)
    return results


def test_a_ratio_that_grew_by_more_than_a_fifth_is_named() -> None:
    earlier = before(row("talk", 110))
    assert earlier.worse("delay", [row("talk", 131)]) == []
    [text] = earlier.worse("delay", [row("talk", 133)])
    assert text == "delay: talk: ratio to floor was 1.1, is 1.33"


def test_slower_together_with_its_floor_is_not_worse() -> None:
    assert before(row("talk", 110)).worse("delay", [row("talk", 1100, peer=1000.0)]) == []


def test_a_ratio_without_a_target_is_for_information() -> None:
    setting = Row("delay", "strange setting", (110.0,), peer="floor", peer_values=(100.0,))
    worse = Row("delay", "strange setting", (220.0,), peer="floor", peer_values=(100.0,))
    assert before(setting).worse("delay", [worse]) == []


def test_where_more_is_better_less_is_worse() -> None:
    many = Row("delay", "sessions", (60.0,), peer="openai", peer_values=(20.0,), target=1, more_is_better=True)
    few = Row("delay", "sessions", (40.0,), peer="openai", peer_values=(20.0,), target=1, more_is_better=True)
    assert len(before(many).worse("delay", [few])) == 1
    assert before(few).worse("delay", [many]) == []


def test_a_target_that_is_not_reached_any_more_is_named() -> None:
    reached, missed = (Row("delay", "memory", (mb,), "MB", target=5) for mb in (4.0, 5.1))
    assert before(reached).worse("delay", [missed]) == [
        "delay: memory: its target was reached before, and is missed"
    ]
    assert before(missed).worse("delay", [missed]) == []


def test_a_measure_that_is_gone_is_named_and_a_new_one_is_welcome() -> None:
    [text] = before(row("talk", 110)).worse("delay", [row("other", 500)])
    assert text == "delay: talk: was measured before, and is not any more"
    assert before(row("talk", 110)).worse("another", []) == []


def test_a_file_gives_back_what_was_written_and_takes_one_benchmark_anew(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    results = before(row("talk", 123.456))
    results.add("size", [Row("size", "wheel", (1.0,), "kB")])
    results.write(path)
    again = Results.read(path)
    assert (again.machine, again.quick, again.rows) == ("a machine", False, results.rows)
    again.add("delay", [row("walk", 90)])
    assert [each["measure"] for each in again.rows] == ["wheel", "walk"]
