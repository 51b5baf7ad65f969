"""What a benchmark needs is there before the first one measures: it is built, or the command says what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from devtools.environments.checkout import copy_checkout

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that was set up, and in which nothing was measured yet."""
    return copy_checkout(tmp_path / "checkout")


def _python(checkout: Path, *arguments: str, chromium: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(checkout), "CHROMIUM": chromium}
    return subprocess.run(
        [sys.executable, *arguments], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )


def test_without_a_browser_nothing_is_measured_and_the_cure_is_named(checkout: Path) -> None:
    done = _python(checkout, "-m", "benchmarks", "event_cost", "heard_gap", "jitter", chromium="not-there")
    assert done.returncode == 1
    assert done.stderr.startswith("nothing was measured: heard_gap, jitter: CHROMIUM is set to 'not-there'")
    assert "event_cost ..." not in done.stderr


def test_in_a_fresh_checkout_the_plain_page_is_built_and_after_a_change_anew(checkout: Path) -> None:
    prepare = "from benchmarks.sound.mic_to_speaker import prepare; prepare(True)"
    page, source = checkout / "js" / "dist" / "index.html", checkout / "js" / "harness" / "index.html"
    assert not page.exists()
    # Any program is found; none is started.
    assert _python(checkout, "-c", prepare, chromium=sys.executable).returncode == 0
    assert page.read_bytes() == source.read_bytes()
    assert (checkout / "js" / "dist" / "harness.js").is_file()
    source.write_text(source.read_text() + "<!-- changed -->")
    assert _python(checkout, "-c", prepare, chromium=sys.executable).returncode == 0
    assert page.read_bytes() == source.read_bytes()


def test_a_page_that_cannot_be_built_is_told_before_anything_is_measured(checkout: Path) -> None:
    (checkout / "js" / "harness" / "harness.ts").write_text("this is no TypeScript")
    done = _python(checkout, "-m", "benchmarks", "event_cost", "jitter", chromium=sys.executable)
    assert done.returncode == 1
    assert done.stderr.startswith("nothing was measured: jitter: the plain page cannot be built; .ci/npm run")
    assert "event_cost ..." not in done.stderr


def test_a_package_that_is_not_installed_is_told_before_anything_is_measured(checkout: Path) -> None:
    without = "import runpy, sys; sys.modules['playwright'] = None; sys.argv[1:] = ['event_cost', 'jitter']"
    done = _python(
        checkout, "-c", f"{without}; runpy.run_module('benchmarks', run_name='__main__')", chromium=sys.executable
    )
    assert done.returncode == 1
    assert "nothing was measured: jitter: " in done.stderr
    assert "playwright" in done.stderr
    assert "make setup installs what they need" in done.stderr
    assert "event_cost ..." not in done.stderr
