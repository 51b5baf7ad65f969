"""Each front end that is tried: the packages it is, the file it opens, and the command that serves it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Place:
    """A front end.

    Attributes
    ----------
    name
        Its name, as people know it.
    packages
        The distributions that make it, the first of which has to be installed for it to run.
    file
        Name of the file that it opens.
    write
        Returns the file's text for the source that makes `session`.
    command
        Returns the command that serves a file: from the environment's Python, the file and the port.
    path
        Path of the page below the server's address, with the token ``places``.
    editor
        Selector of the cell's editor, where a cell has to be run; empty if it runs by itself.
    """

    name: str
    packages: tuple[str, ...]
    file: str
    write: Callable[[str], str]
    command: Callable[[Path, Path, int], list[str]]
    path: str = "/"
    editor: str = ""


def _notebook(source: str) -> str:
    cell: dict[str, object] = {
        "cell_type": "code",
        "id": "talk",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": source + "\nsession",
    }
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": [cell]})


def _marimo(source: str) -> str:
    lines = "".join(f"    {line}\n" for line in [*source.splitlines(), "session"])
    return (
        f"import marimo\n\napp = marimo.App()\n\n\n@app.cell\ndef _():\n{lines}    return\n\n\n"
        'if __name__ == "__main__":\n    app.run()\n'
    )


def _panel(source: str) -> str:
    return (
        f'import panel as pn\n\npn.extension("ipywidgets")\n{source}\n'
        "from realtime_widgets import RealtimeConsole\n\npn.panel(RealtimeConsole(session)).servable()\n"
    )


def _solara(source: str) -> str:
    body = "".join(f"    {line}\n" for line in source.splitlines())
    return (
        "import solara\n\nfrom realtime_widgets import RealtimeConsole\n\n\n"
        f"def make():\n{body}    return RealtimeConsole(session)\n\n\n"
        "@solara.component\ndef Page():\n    solara.display(solara.use_memo(make, []))\n"
    )


def _jupyter(*module: str) -> Callable[[Path, Path, int], list[str]]:
    """Return the command of a server of Jupyter's; `module` is what Python runs."""

    def command(python: Path, file: Path, port: int) -> list[str]:
        return [
            *(str(python), "-m", *module, "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"),
            *("--IdentityProvider.token=places", f"--ServerApp.root_dir={file.parent}"),
        ]

    return command


def _marimo_command(mode: str) -> Callable[[Path, Path, int], list[str]]:
    def command(python: Path, file: Path, port: int) -> list[str]:
        words = [str(python), "-m", "marimo", "-q", "-y", mode, str(file), "--headless", "--host", "127.0.0.1"]
        return [*words, "--port", str(port), "--no-token", *(["--skip-update-check"] if mode == "edit" else [])]

    return command


def _panel_command(python: Path, file: Path, port: int) -> list[str]:
    return [str(python), "-m", "panel", "serve", str(file), "--address", "127.0.0.1", "--port", str(port)]


def _solara_command(python: Path, file: Path, port: int) -> list[str]:
    return [
        *(str(python), "-m", "solara", "run", str(file), "--host", "127.0.0.1", "--port", str(port)),
        *("--no-open", "--production"),
    ]


def _voila_command(python: Path, file: Path, port: int) -> list[str]:
    return [
        *(str(python), "-m", "voila", str(file), "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"),
        *("--token=places", "--show_tracebacks=True"),
    ]


#: All front ends that are tried, in the order in which `PLACES.md` shows them.
PLACES = (
    Place(
        "JupyterLab",
        ("jupyterlab",),
        "talk.ipynb",
        _notebook,
        _jupyter("jupyterlab"),
        "/lab/tree/talk.ipynb?token=places",
        ".jp-Notebook .cm-content",
    ),
    Place(
        "Notebook 7",
        ("notebook", "jupyterlab"),
        "talk.ipynb",
        _notebook,
        _jupyter("notebook"),
        "/notebooks/talk.ipynb?token=places",
        ".jp-Notebook .cm-content",
    ),
    Place(
        "nbclassic",
        ("nbclassic",),
        "talk.ipynb",
        _notebook,
        _jupyter("nbclassic"),
        "/nbclassic/notebooks/talk.ipynb?token=places",
        ".cell.code_cell .CodeMirror",
    ),
    Place("Voila", ("voila",), "talk.ipynb", _notebook, _voila_command, "/?token=places"),
    Place("marimo edit", ("marimo",), "talk.py", _marimo, _marimo_command("edit"), editor=".cm-content"),
    Place("marimo run", ("marimo",), "talk.py", _marimo, _marimo_command("run")),
    Place("Panel", ("panel", "ipywidgets_bokeh"), "talk.py", _panel, _panel_command, "/talk"),
    Place("Solara", ("solara", "solara-assets"), "talk.py", _solara, _solara_command),
)
