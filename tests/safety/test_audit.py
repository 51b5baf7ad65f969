"""The audit trail: nothing in it can be changed, removed or moved unseen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.cli.main import main
from realtime_widgets.errors import AuditError, ConfigurationError
from realtime_widgets.safety.audit import AuditTrail, read_trail
from realtime_widgets.safety.review import ReviewLog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def written(path: Path) -> AuditTrail:
    trail = AuditTrail(path, clock=lambda: 5.0)
    for number in range(4):
        trail.note("override", "s", number=number, why="Grüße")
    trail.close()
    return trail


def test_a_whole_trail_is_read_and_goes_on(path: Path) -> None:
    head = written(path).head
    trail = AuditTrail(path)
    assert trail.head == head
    trail.note("end", "s", reason="done")
    assert trail.verify(head) == 5
    assert [record.number for record in trail.records()] == [1, 2, 3, 4, 5]
    assert len(trail.to_frame()) == 5


def change(lines: list[str]) -> list[str]:
    return [lines[0], lines[1].replace('"number":1', '"number":7'), *lines[2:]]


def forge(lines: list[str]) -> list[str]:
    """A record with a right hash of its own in the place of another one."""
    other = AuditTrail()
    record = other.note("override", "s", number=9)
    return [json.dumps(vars(record)), *lines[1:]]


@pytest.mark.parametrize(
    ("tamper", "text"),
    [
        (change, "record 2 was changed"),
        (lambda lines: [lines[0], *lines[2:]], "before record 2 something was removed"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "before record 1 something"),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], "before record 3 something"),
        (forge, "before record 2 something"),
        (lambda lines: [*lines[:3], lines[3][:30]], "line 4"),
    ],
)
def test_what_was_tampered_with_shows(path: Path, tamper: Callable[[list[str]], list[str]], text: str) -> None:
    written(path)
    lines = tamper(path.read_text().splitlines())
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(AuditError, match=text):
        read_trail(path)
    with pytest.raises(AuditError, match=text):
        AuditTrail(path)


def test_a_cut_end_shows_to_who_kept_the_head(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head = written(path).head
    path.write_text("\n".join(path.read_text().splitlines()[:2]) + "\n")
    assert len(read_trail(path)) == 2
    with pytest.raises(AuditError, match="removed from the end"):
        read_trail(path, head)
    assert main(["audit", str(path)]) == 0
    assert "2 records" in capsys.readouterr().out
    assert main(["audit", str(path), "--head", head]) == 2
    assert "removed from the end" in capsys.readouterr().err


def test_a_secret_is_not_written_down(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from realtime_widgets.protocol.secrets import Secret

    key = Secret("sk-test-4711-abcdefghijklmnop")
    trail = AuditTrail(path)
    trail.note("override", why=f"the key is {key.reveal()}")
    trail.close()
    assert key.reveal() not in path.read_text()
    assert trail.verify


def test_a_file_is_one_or_the_other(path: Path) -> None:
    trail = AuditTrail(path)
    with pytest.raises(ConfigurationError, match="audit trail"):
        ReviewLog(path)
    trail.close()


def test_facts_may_be_anything_that_has_a_text() -> None:
    trail = AuditTrail()
    facts: dict[str, Any] = {"path": object, "nested": {"a": [1, None]}}
    assert trail.note("settings", **facts).facts["nested"] == {"a": [1, None]}
    assert trail.verify() == 1
