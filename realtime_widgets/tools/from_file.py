"""The public functions of a Python file, as tools."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Beginning of the names under which such files are modules: a file called random.py must not replace that of the
#: standard library.
MODULE_PREFIX = "realtime_tools_"


def load_tools(path: Path) -> list[Callable[..., Any]]:
    """Return the public functions that a Python file defines, in the file's order.

    Raises
    ------
    ConfigurationError
        If there is no such file, it fails, or it defines no public function.
    """
    if not path.is_file() or path.suffix != ".py":
        raise ConfigurationError(f"there is no Python file {path}")
    spec = importlib.util.spec_from_file_location(f"{MODULE_PREFIX}{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ConfigurationError(f"{path} cannot be loaded as a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # hints written as text are looked up there
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise ConfigurationError(f"{path} failed: {type(error).__name__}: {error}") from error
    functions = [
        value
        for name, value in vars(module).items()
        if not name.startswith("_")
        and callable(value)
        and getattr(value, "__module__", "") == spec.name
        and not isinstance(value, type)
    ]
    if not functions:
        raise ConfigurationError(f"{path} defines no public function that could be a tool")
    return functions
