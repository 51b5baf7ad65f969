"""The review log: what is kept, decided, read again and forgotten."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.safety import review
from realtime_widgets.safety.agreement import agreement
from realtime_widgets.safety.flagged import Flagged, Said
from realtime_widgets.safety.review import ReviewLog

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86_400.0


class Days:
    """A clock that counts days."""

    def __init__(self) -> None:
        self.day = 100.0

    def __call__(self) -> float:
        return self.day * DAY


def flagged(number: int = 1, **fields: Any) -> Flagged:
    values: dict[str, Any] = {
        "id": f"f{number}",
        "time": 100 * DAY,
        "session": "s",
        "place": "output",
        "check": "word list",
        "action": "stop",
        "reason": "word",
        "score": 0.5,
        "text": "You nitwit.",
        "talk": (Said("user", "Who am I?", "u1"), Said("assistant", "You nitwit.", "a1")),
    }
    return Flagged(**{**values, **fields})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "review.jsonl"


def again(log: ReviewLog) -> ReviewLog:
    """A log of another process on the same file."""
    log.close()
    assert log.path is not None
    return ReviewLog(log.path, keep_days=None, keep_sound=log.keep_sound)


def test_decisions_of_several_reviewers_are_kept_and_read_again(path: Path) -> None:
    log = ReviewLog(path, keep_days=None)
    log.add(flagged())
    log.decide("f1", "right", "rude", "Ann")
    log.decide("f1", "unsure", reviewer="Bob")
    log.decide("f1", "wrong", "a joke", "Ann")
    [item] = again(log).items()
    assert {(each.reviewer, each.judgement) for each in item.decisions} == {("Ann", "wrong"), ("Bob", "unsure")}
    assert item.flagged == flagged()
    mine = item.by("Ann")
    assert mine is not None
    assert mine.note == "a joke"


def test_a_line_that_was_cut_costs_only_itself(path: Path) -> None:
    log = ReviewLog(path, keep_days=None)
    log.add(flagged(1))
    log.add(flagged(2))
    log.close()
    path.write_bytes(path.read_bytes()[:-20])
    read = ReviewLog(path, keep_days=None)
    assert [each.flagged.id for each in read.items()] == ["f1"]
    assert read.unread == 1


def test_a_cell_that_runs_again_goes_on_with_its_file(path: Path) -> None:
    first, second = ReviewLog(path, keep_days=None), ReviewLog(path, keep_days=None)
    first.add(flagged(1))
    second.add(flagged(2))
    assert len(first) == len(second) == 2
    assert len(again(first)) == 2


def test_another_process_cannot_write_the_same_file(path: Path) -> None:
    log = ReviewLog(path)
    code = f"from realtime_widgets import ReviewLog\nReviewLog({str(path)!r})"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "is being written by another process" in ended.stderr
    log.close()


def test_only_its_owner_reads_the_file(path: Path) -> None:
    log = ReviewLog(path, keep_sound=True, keep_days=None)
    log.add(flagged(heard=bytes(480), spoken=bytes(960)))
    log.flush()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((path.parent / "review.jsonl.sound").stat().st_mode) == 0o700
    read = again(log)
    assert (len(read.sound("f1", "heard")), len(read.sound("f1", "spoken"))) == (480, 960)
    assert read.has_sound("f1", "heard")


def test_sound_is_not_kept_unless_it_is_wanted() -> None:
    log = ReviewLog()
    log.add(flagged(time=1e12, heard=bytes(480)))
    assert log.sound("f1", "heard") == b""
    assert not log.has_sound("f1", "heard")
    assert log.sound("f9", "heard") == b""


def test_sound_in_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "MOST_SOUND", 1000)
    log = ReviewLog(keep_sound=True, keep_days=None)
    for number in range(4):
        log.add(flagged(number, heard=bytes(400)))
    assert [log.has_sound(f"f{number}", "heard") for number in range(4)] == [False, False, True, True]
    assert len(log) == 4


def test_what_is_too_old_is_forgotten_in_the_file_too(path: Path) -> None:
    days = Days()
    log = ReviewLog(path, keep_sound=True, keep_days=30, clock=days)
    log.add(flagged(1, spoken=bytes(480)))
    days.day = 120
    log.add(flagged(2, time=120 * DAY))
    log.decide("f2", "right")
    days.day = 131
    assert [each.flagged.id for each in log.items()] == ["f2"]
    log.flush()
    assert "f1" not in path.read_text()
    assert not list((path.parent / "review.jsonl.sound").iterdir())
    log.forget("f2")
    log.flush()
    assert path.read_text() == ""


def test_a_file_that_cannot_be_written_loses_nothing_and_is_tried_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, problems = ReviewLog(path, keep_days=None), list[str]()
    log.on_problem.append(problems.append)
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        log.add(flagged(1))
        log.flush()
    assert "No space left on device" in problems[0]
    assert len(log) == 1
    assert os.write is write
    log.add(flagged(2))
    log.flush()
    assert problems[1:] == [""]
    assert len(again(log)) == 2


@pytest.mark.parametrize("wrong", ["nowhere/at/all.jsonl", "."])
def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written"):
        ReviewLog(tmp_path / wrong)


def test_what_cannot_be_decided_is_refused() -> None:
    log = ReviewLog(keep_days=None)
    log.add(flagged())
    with pytest.raises(ConfigurationError, match="right, wrong, unsure"):
        log.decide("f1", "maybe")  # type: ignore[arg-type]
    with pytest.raises(KeyError, match="no item 'f9'"):
        log.decide("f9", "right")
    with pytest.raises(ConfigurationError, match="keep_days"):
        ReviewLog(keep_days=0)


def test_it_is_exported_as_lines_and_as_a_frame(tmp_path: Path) -> None:
    log = ReviewLog(keep_days=None)
    log.add(flagged(1))
    log.add(flagged(2))
    log.decide("f1", "right", reviewer="Ann")
    log.decide("f1", "wrong", reviewer="Bob")
    log.export(tmp_path / "out.jsonl")
    first, second = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    assert [each["judgement"] for each in first["decisions"]] == ["right", "wrong"]
    assert second["decisions"] == []
    frame = log.to_frame()
    assert list(frame["decision_judgement"].fillna("")) == ["right", "wrong", ""]
    assert "2, 1 not looked at" in repr(log)


def test_agreement_of_two_is_cohens_kappa() -> None:
    """The worked example of twenty and fifteen of fifty: kappa is 0.4."""
    pairs = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    found = agreement({str(index): {"a": a, "b": b} for index, (a, b) in enumerate(pairs)})
    assert found.share == pytest.approx(0.7)
    assert found.kappa == pytest.approx(0.4)
    assert found.items == 50


def test_agreement_of_more_is_krippendorffs_alpha() -> None:
    """Krippendorff's own example of nominal data with gaps (Computing Krippendorff's Alpha-Reliability, 2011)."""
    a = [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None]
    b = [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3]
    c = [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None]
    d = [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None]
    judged = {
        str(index): {name: str(value) for name, value in zip("abcd", values, strict=True) if value is not None}
        for index, values in enumerate(zip(a, b, c, d, strict=True))
    }
    found = agreement(judged)
    assert found.alpha == pytest.approx(0.743, abs=0.001)
    assert found.kappa is None


def test_nothing_to_agree_on_is_said_so() -> None:
    found = agreement({"1": {"a": "right"}})
    assert (found.items, found.share, found.kappa, found.alpha) == (0, None, None, None)
