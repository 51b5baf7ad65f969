"""Makes notebooks from cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nbformat

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: Without this metadata JupyterLab asks which kernel to use.
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


def code(source: str) -> Any:
    """Return a code cell."""
    return nbformat.v4.new_code_cell(source.strip("\n"))


def markdown(source: str) -> Any:
    """Return a Markdown cell."""
    return nbformat.v4.new_markdown_cell(source.strip("\n"))


def write_notebook(path: Path, cells: Iterable[Any]) -> Path:
    """Write a notebook of these cells (strings are code) that starts with this Python's kernel."""
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": KERNEL})
    notebook.cells = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    nbformat.write(notebook, path)
    return path
