"""Whether a tool that is added again is the same as before, and if not, what is different. Pure.

Two functions are the same if they run the same: their bytecode, constants, defaults and the values they enclose
are equal, wherever in a file or cell they stand. What they look up by a global name is not compared.
"""

from __future__ import annotations

import functools
from dataclasses import fields
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from realtime_widgets.tools.tool import Tool

#: Plain values, which are compared by what they hold; of everything else only the object itself is the same.
_PLAIN = (str, bytes, int, float, complex, bool, type(None), type(...))
_Pairs = frozenset[tuple[int, int]]


def what_changed(old: Tool, new: Tool) -> str:
    """Return in words what is different between two tools of one name; empty if nothing is."""
    if old.parameters != new.parameters:
        return "its signature changed"
    if old.description != new.description:
        return "its description changed"
    if difference := _difference(old.function, new.function, frozenset()):
        return difference
    if any(
        not _same(getattr(old.options, each.name), getattr(new.options, each.name), frozenset())
        for each in fields(old.options)
    ):
        return "its options changed"
    return ""


def _difference(old: Any, new: Any, seen: _Pairs) -> str:
    """Return how two callables differ; empty if they do not. `seen` are the pairs that are being compared."""
    if old is new or (id(old), id(new)) in seen:
        return ""
    seen |= {(id(old), id(new))}
    if type(old) is not type(new):
        return "its code changed"
    match old:
        case FunctionType():
            return _function_difference(old, new, seen)
        case MethodType():
            if difference := _difference(old.__func__, new.__func__, seen):
                return difference
            return "" if _same(old.__self__, new.__self__, seen) else "it belongs to another object"
        case functools.partial():
            if difference := _difference(old.func, new.func, seen):
                return difference
            bound = _same(old.args, new.args, seen) and _same(old.keywords, new.keywords, seen)
            return "" if bound else "the arguments bound to it changed"
        case BuiltinFunctionType():
            return "" if old == new else "its code changed"
    return "it is another object"


def _function_difference(old: FunctionType, new: FunctionType, seen: _Pairs) -> str:
    if not _same_code(old.__code__, new.__code__):
        return "its code changed"
    defaults = ((old.__defaults__, new.__defaults__), (old.__kwdefaults__, new.__kwdefaults__))
    if not all(_same(before, now, seen) for before, now in defaults):
        return "its defaults changed"
    if not _same(_enclosed(old), _enclosed(new), seen):
        return "the values that it encloses changed"
    return ""


def _enclosed(function: FunctionType) -> list[Any]:
    """Return the values in a function's closure; a variable that has none yet stands as the function itself."""
    values = []
    for cell in function.__closure__ or ():
        try:
            values.append(cell.cell_contents)
        except ValueError:  # its variable is assigned later
            values.append(...)
    return values


def _same_code(old: CodeType, new: CodeType) -> bool:
    """Whether two code objects run the same; the lines and files in which they stand do not matter."""
    names = (
        "co_code",
        "co_names",
        "co_varnames",
        "co_freevars",
        "co_cellvars",
        "co_argcount",
        "co_posonlyargcount",
        "co_kwonlyargcount",
        "co_flags",
        "co_exceptiontable",
    )
    return all(getattr(old, name) == getattr(new, name) for name in names) and _same(
        old.co_consts, new.co_consts, frozenset()
    )


def _same(old: Any, new: Any, seen: _Pairs) -> bool:
    """Whether two values are equal, as far as plain values and functions show; runs no code of the user."""
    if old is new or (id(old), id(new)) in seen:
        return True
    kind = type(old)
    if kind is not type(new):
        return False
    if kind in _PLAIN:
        return bool(repr(old) == repr(new))  # not ==, for 0.0 and -0.0, and nan
    if kind is CodeType:
        return _same_code(old, new)
    if isinstance(old, FunctionType | MethodType | functools.partial):
        return not _difference(old, new, seen)
    seen |= {(id(old), id(new))}
    if kind in (tuple, list):
        return len(old) == len(new) and all(_same(*pair, seen) for pair in zip(old, new, strict=True))
    if kind is dict:
        return len(old) == len(new) and all(
            _same(*pair, seen) for pair in zip(old.items(), new.items(), strict=True)
        )
    if kind in (set, frozenset):
        plain = all(type(each) in _PLAIN for each in (*old, *new))
        return plain and sorted(map(repr, old)) == sorted(map(repr, new))
    return False
