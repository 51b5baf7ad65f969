"""README's commands, in README's order: `make demo` leaves a checkout whose checks still pass."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from devtools.environments.checkout import copy_checkout
from realtime_widgets.cli.demo import DEFAULT_FOLDER, FIRST_NOTEBOOK

#: Made in this checkout, and lent to the copy as they are.
_LENT = (".venv/installed", ".venv/installed-dev", "js/node_modules/.installed")
# Without what the make or the git that runs the tests tells its own children.
_ENVIRONMENT = {name: text for name, text in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "GIT_"))}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that was set up, and in which nothing was run yet."""
    return copy_checkout(tmp_path / "checkout")


def _make(checkout: Path, *arguments: str) -> None:
    # The copy's own package, not the one that the lent environment was made with.
    environment = {**_ENVIRONMENT, "PYTHONPATH": str(checkout)}
    lent = [f"--old-file={path}" for path in _LENT]
    done = subprocess.run(
        ["make", *lent, *arguments],
        cwd=checkout,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_notebooks_of_make_demo_are_no_concern_of_the_checks(checkout: Path) -> None:
    # JupyterLab, told to name its version, ends at once.
    _make(checkout, "demo", "ARGS=-- --version")
    notebook = Path(DEFAULT_FOLDER, FIRST_NOTEBOOK)
    assert (checkout / notebook).is_file()
    _make(checkout, "style")
    subprocess.run(["git", "init", "--quiet"], cwd=checkout, env=_ENVIRONMENT, check=True)
    asks = ["git", "check-ignore", "--quiet", str(notebook)]
    ignored = subprocess.run(asks, cwd=checkout, env=_ENVIRONMENT, check=False)
    assert ignored.returncode == 0, "git would take the notebooks into a commit"
