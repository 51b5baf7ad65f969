"""Where model weights are found, and what is said when they are missing or not genuine."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from realtime_widgets.errors import LocalEndpointError
from realtime_widgets.installing import install_extra
from realtime_widgets.local.models.weights import (
    MODELS,
    WHISPER_TINY_EN,
    ModelDescription,
    check_weights,
    describe_models,
    find_model,
)

if TYPE_CHECKING:
    from pathlib import Path

GENUINE = b"the genuine weights"
MODEL = ModelDescription(
    name="Parrot",
    purpose="repetition",
    licence="MIT",
    variable="REALTIME_WIDGETS_PARROT_MODEL",
    option="parrot_path",
    package="parrot-weights",
    module="parrot_weights_of_a_test",
    folder="data",
    weight_file="parrot.bin",
    sha256=hashlib.sha256(GENUINE).hexdigest(),
    companions=("parrot.json",),
)


def put_model(folder: Path, weights: bytes = GENUINE) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "parrot.bin").write_bytes(weights)
    (folder / "parrot.json").write_text("{}")
    return folder


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An importable package that carries the model; gives the folder with the files."""
    package = tmp_path / "site" / MODEL.module
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('finding weights must not import')")
    monkeypatch.syspath_prepend(str(package.parent))
    return put_model(package / "data")


def test_package_is_found_without_importing_it(installed: Path) -> None:
    found = find_model(MODEL)
    check_weights(found)
    assert found.weights == installed / "parrot.bin"
    assert "parrot-weights" in found.origin


def test_path_comes_before_variable_and_variable_before_package(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_variable, by_path = put_model(tmp_path / "variable"), put_model(tmp_path / "path")
    monkeypatch.setenv(MODEL.variable, str(by_variable))
    assert find_model(MODEL).weights == by_variable / "parrot.bin"
    assert find_model(MODEL, by_path).weights == by_path / "parrot.bin"
    assert find_model(MODEL, by_path / "parrot.bin").weights == by_path / "parrot.bin"


def test_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalEndpointError, match=r"parrot_path names .*nowhere, which does not exist"):
        find_model(MODEL, tmp_path / "nowhere")


def test_file_missing_beside_the_weights_is_named(tmp_path: Path) -> None:
    (put_model(tmp_path / "model") / "parrot.json").unlink()
    with pytest.raises(LocalEndpointError, match=r"parrot\.json of the repetition model is not there"):
        find_model(MODEL, tmp_path / "model")


def test_missing_model_names_package_and_cures() -> None:
    with pytest.raises(LocalEndpointError) as caught:
        find_model(MODEL)
    text = str(caught.value)
    assert "parrot-weights" in text
    assert install_extra("local") in text
    assert "REALTIME_WIDGETS_PARROT_MODEL" in text


def test_package_with_other_weights_is_refused(installed: Path) -> None:
    put_model(installed, b"something else")
    with pytest.raises(LocalEndpointError, match="not the genuine Parrot"):
        check_weights(find_model(MODEL))


def test_own_weights_are_accepted_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = find_model(MODEL, put_model(tmp_path / "own", b"my own weights"))
    with caplog.at_level(logging.INFO):
        check_weights(found)
    assert "not the known Parrot" in caplog.text


def test_description_tells_missing_from_changed_from_genuine(installed: Path) -> None:
    absent = dataclasses.replace(MODEL, name="Absent", module="absent_module_of_a_test")
    missing, genuine = describe_models((absent, MODEL))
    assert not missing.found
    assert missing.genuine is None
    assert "pip install" in missing.where
    assert genuine.found
    assert genuine.genuine
    assert genuine.size_bytes == len(GENUINE)
    assert str(installed) in genuine.where
    put_model(installed, b"changed")
    (changed,) = describe_models((MODEL,))
    assert changed.found
    assert changed.genuine is False


def run_with_hub(home: Path, code: str, **environment: str) -> str:
    """Run code in a fresh interpreter whose hub cache is in `home`; gives what it printed."""
    prelude = """
        import dataclasses
        from realtime_widgets.errors import LocalEndpointError
        from realtime_widgets.local.models.weights import *
        model = dataclasses.replace(WHISPER_TINY_EN, module="absent_module_of_a_test")
    """
    variables = {**os.environ, "HF_HOME": str(home), "HF_HUB_DISABLE_TELEMETRY": "1", **environment}
    finished = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(prelude) + textwrap.dedent(code)],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_model_in_the_hubs_cache_is_found_offline(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub")
    repository = tmp_path / "hub" / f"models--{(WHISPER_TINY_EN.hub_name or '').replace('/', '--')}"
    snapshot = repository / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0" * 40)
    for name in (WHISPER_TINY_EN.weight_file, *WHISPER_TINY_EN.companions):
        (snapshot / name).write_text("x")
    printed = run_with_hub(tmp_path, "print(found := find_model(model)); print(found.origin)", HF_HUB_OFFLINE="1")
    assert "hub Systran/faster-whisper-tiny.en" in printed
    assert str(snapshot) in printed


def test_hub_that_cannot_be_reached_is_named_with_the_cure(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub")
    code = """
        try:
            find_model(model)
        except LocalEndpointError as error:
            print(error)
    """
    printed = run_with_hub(tmp_path, code, HF_ENDPOINT="http://127.0.0.1:9")
    assert "Systran/faster-whisper-tiny.en could not be fetched from the hub" in printed
    assert "pip install" in printed


def test_importing_the_stages_loads_no_engine() -> None:
    code = """
        import sys
        import realtime_widgets.local.speech
        heavy = {"ctranslate2", "hibari", "huggingface_hub", "onnxruntime", "scipy", "tokenizers"}
        print(sorted(heavy & set(sys.modules)))
    """
    finished = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == "[]"


@pytest.mark.models
def test_every_shipped_model_is_installed_and_genuine() -> None:
    statuses = describe_models()
    assert [status.name for status in statuses] == [model.name for model in MODELS]
    assert all(status.found and status.genuine and status.size_bytes > 1_000_000 for status in statuses)
