"""A copy of this checkout, as it is after the set-up and before its first use."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from realtime_widgets.cli.demo import DEFAULT_FOLDER

_ROOT = Path(__file__).parents[2]
# The built front end is copied, as an installed package contains it.
_MADE = (
    *(".git", ".venv*", "*_cache", "__pycache__", ".hypothesis", "node_modules", "dist", "artifacts"),
    DEFAULT_FOLDER,
)


def copy_checkout(folder: Path) -> Path:
    """Copy the checkout to `folder`, which must not exist, and return `folder`.

    Its ``.venv`` is the environment of the Python that runs, and its ``js/node_modules`` that of this checkout.
    """
    shutil.copytree(_ROOT, folder, ignore=shutil.ignore_patterns(*_MADE))
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "js" / "node_modules").symlink_to(_ROOT / "js" / "node_modules")
    return folder
