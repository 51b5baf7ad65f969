"""``realtime-widgets demo``: puts the notebooks into a folder and opens the first in JupyterLab."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.installing import install_extra

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

#: Where the notebooks go if the user names no folder.
DEFAULT_FOLDER = "realtime_widgets_notebooks"
#: The notebook that is opened.
FIRST_NOTEBOOK = "01_quickstart.ipynb"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.usage = "%(prog)s [-h] [--no-browser] [--port PORT] [folder] [-- arguments for JupyterLab]"
    parser.add_argument(
        "folder", nargs="?", default=DEFAULT_FOLDER, help=f"where to put the notebooks (default: {DEFAULT_FOLDER})"
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--port", type=int, help="port of JupyterLab (default: the first free one from 8888 on)")
    parser.set_defaults(jupyter=[])


def run(namespace: argparse.Namespace) -> int:
    """Run the command; on POSIX JupyterLab replaces this process.

    `namespace.jupyter` holds further arguments for JupyterLab; argparse cannot take them behind options.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise ConfigurationError(f"JupyterLab is not installed in this Python: run {install_extra('all')}")
    target = Path(namespace.folder).expanduser().resolve()
    for line in copy_notebooks(notebooks_folder(), target):
        print(line)
    sys.stdout.flush()
    command = [
        *(sys.executable, "-m", "jupyterlab"),
        *(f"--ServerApp.root_dir={target}", f"--LabApp.default_url=/lab/tree/{FIRST_NOTEBOOK}"),
        # JupyterLab would ask its makers for news, and the package index for newer versions.
        *("--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"),
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # the only user of many a fresh container; it listens on loopback
    if namespace.no_browser:
        command.append("--no-browser")
    if namespace.port is not None:
        command.append(f"--port={namespace.port}")
    return _become([*command, *namespace.jupyter])


def notebooks_folder() -> Path:
    """Return where the notebooks are: in the installed package, or beside it in a checkout.

    Raises
    ------
    ConfigurationError
        If they are in neither place.
    """
    package = Path(__file__).parents[1]
    for folder in (package / "notebooks", package.parent / "notebooks"):
        if (folder / FIRST_NOTEBOOK).is_file():
            return folder
    raise ConfigurationError(
        f"{FIRST_NOTEBOOK} is not in the installed package: install it again with "
        f"{install_extra('all', reinstall=True)}"
    )


def copy_notebooks(source: Path, target: Path) -> list[str]:
    """Copy the notebooks and what lies beside them; nothing that the user has changed is overwritten.

    Parameters
    ----------
    source, target
        Folders; `target` is made if need be.

    Returns
    -------
    list of str
        What was done, in sentences for the user.

    Raises
    ------
    ConfigurationError
        If the folder cannot be written to.
    """
    said = []
    copied = 0
    try:
        for file in _files(source):
            wanted = target / file.relative_to(source)
            place = _place(file, wanted)
            if place is None:
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.read_bytes())
            copied += 1
            if place != wanted:
                said.append(f"You have changed {wanted.name}; it stays as it is, and ours is now {place.name}.")
    except OSError as error:
        raise ConfigurationError(
            f"cannot put the notebooks into {target}: {error.strerror}; name another folder: "
            "realtime-widgets demo FOLDER"
        ) from None
    return [f"The notebooks are in {target}" + (f" ({copied} new)." if copied else "."), *said]


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path


def _place(file: Path, wanted: Path) -> Path | None:
    """Return the path to write `file` to, another one beside a changed file, or None if it exists already."""
    place, number = wanted, 1
    while place.exists():
        if _same(file, place):
            return None
        suffix = "" if number == 1 else f"-{number}"
        place, number = wanted.with_name(f"{wanted.stem}.original{suffix}{wanted.suffix}"), number + 1
    return place


def _same(ours: Path, theirs: Path) -> bool:
    """Whether the contents agree; of a notebook the cells' text, as running it has changed the rest."""
    if ours.read_bytes() == theirs.read_bytes():
        return True
    return ours.suffix == ".ipynb" and _cells(ours) == _cells(theirs)


def _cells(notebook: Path) -> list[tuple[str, str]] | None:
    try:
        cells = json.loads(notebook.read_bytes())["cells"]
        return [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    except (ValueError, LookupError, TypeError):
        return None


def _become(command: list[str]) -> int:
    # The Jupyter folders of this Python first: another environment's kernel of the same name must not answer.
    environment = {**os.environ, "JUPYTER_PREFER_ENV_PATH": os.environ.get("JUPYTER_PREFER_ENV_PATH", "1")}
    if os.name == "posix":
        os.execve(command[0], command, environment)
    return subprocess.run(command, env=environment, check=False).returncode
