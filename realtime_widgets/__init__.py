"""Talk with a voice model from a notebook.

The public names are in ``__init__.pyi``; each is loaded, with its module, when it is first used.
"""

from __future__ import annotations

import lazy_loader

_load, _, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__ += ["__version__"]


def __getattr__(name: str) -> object:
    if name != "__version__":
        return _load(name)
    from importlib.metadata import version

    globals()[name] = value = version("realtime-widgets")
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: object) -> None:
    """Register the magics ``%%tool`` and ``%realtime``; ``%load_ext realtime_widgets`` calls this."""
    from realtime_widgets.jupyter.magics import load

    load(shell)
