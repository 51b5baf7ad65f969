"""`isinstance` against classes of packages that may not be imported yet."""

from __future__ import annotations

from importlib import import_module


def is_a(value: object, module: str, *classes: str) -> bool:
    """Whether `value` is an instance of one of the `classes` of a module, such as ``"numpy", "ndarray"``.

    Loading numpy or pydantic takes longer than all of this package. If a value is an instance of their classes,
    they have been loaded already; otherwise they are not loaded.
    """
    package = module.partition(".")[0]
    for kind in type(value).__mro__:
        if str(getattr(kind, "__module__", "")).partition(".")[0] == package:
            found = import_module(module)
            return isinstance(value, tuple(getattr(found, name) for name in classes))
    return False
