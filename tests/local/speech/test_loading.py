"""Loading tells how each stage went, and names everything that is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_widgets.errors import LocalEndpointError
from realtime_widgets.local.speech import StageReport, load_models

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.models


def test_every_stage_is_reported() -> None:
    reports: list[StageReport] = []
    load_models(report=reports.append)
    assert [report.name for report in reports] == ["voice activity", "recognition", "synthesis"]
    assert all(report.error is None and report.seconds > 0 for report in reports)


def test_all_failures_are_named_and_the_rest_is_loaded(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    reports: list[StageReport] = []
    with pytest.raises(LocalEndpointError) as caught:
        load_models(voice_activity_path=broken, synthesiser_path=tmp_path / "none", report=reports.append)
    assert [report.error is None for report in reports] == [False, True, False]
    assert "voice activity model at" in str(caught.value)
    assert "synthesiser_path names" in str(caught.value)


def test_model_that_is_none_is_refused(tmp_path: Path) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(LocalEndpointError, match=r"recognition model at .* cannot be used"):
        load_models(recogniser_path=tmp_path)
