"""Error texts about tools, for the author of a tool or the model."""

from __future__ import annotations

import inspect
import json
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import ValidationError

_PACKAGE = str(Path(__file__).parents[2]) + os.sep
_MAX_PROBLEMS = 8
_MAX_SHOWN = 60


def warn_author(text: str) -> None:
    """Issue a `UserWarning` that points at the nearest line outside this package."""
    level, frame = 1, inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(text, UserWarning, stacklevel=level - 1 if frame is None else level)


def definition_line(name: str, parameters: Sequence[inspect.Parameter], coroutine: bool) -> str:
    """Return the ``def`` line with all type hints; missing ones are guessed from the defaults."""
    shown = []
    for parameter in parameters:
        hint = parameter.annotation
        if hint is parameter.empty:
            guess = "str" if parameter.default in (parameter.empty, None) else type(parameter.default).__name__
            text = f"{parameter.name}: {guess}"
        else:
            text = f"{parameter.name}: {hint if isinstance(hint, str) else inspect.formatannotation(hint)}"
        shown.append(text if parameter.default is parameter.empty else f"{text} = {parameter.default!r}")
    return f"{'async ' if coroutine else ''}def {name}({', '.join(shown)}):"


def argument_problems(tool: str, error: ValidationError, parameter_names: Sequence[str]) -> str:
    """Return in one line what is wrong with each argument of a call.

    Parameters
    ----------
    tool
        The tool's name.
    error
        What pydantic found.
    parameter_names
        Names of the tool's parameters, listed if the call used another one.
    """
    details = error.errors(include_url=False, include_context=False)
    problems = [_problem(dict(detail), parameter_names) for detail in details[:_MAX_PROBLEMS]]
    if len(details) > _MAX_PROBLEMS:
        problems.append(f"and {len(details) - _MAX_PROBLEMS} more")
    return one_line(f"{tool}: {'; '.join(problems)}")


def one_line(text: str) -> str:
    """Return `text` in one line, with single spaces and without lone surrogates."""
    return well_formed(" ".join(text.split()))


def well_formed(text: str) -> str:
    """Return `text` with lone surrogates, which cannot be encoded in UTF-8, replaced by question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _problem(detail: dict[str, Any], parameter_names: Sequence[str]) -> str:
    place = ".".join(str(part) for part in detail["loc"])
    match detail["type"]:
        case "json_invalid":
            return f"the arguments are not valid JSON ({detail['msg'].removeprefix('Invalid JSON: ')})"
        case "missing":
            return f"{place} is missing"
        case "extra_forbidden" if len(detail["loc"]) == 1:
            return f"{place} is not a parameter (it takes {', '.join(parameter_names) or 'none'})"
    if not place:
        return f"the arguments must be one JSON object, not {_shown(detail['input'])}"
    return f"{place}: {detail['msg']}, got {_shown(detail['input'])}"


def _shown(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = f"a {type(value).__name__}"
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"
