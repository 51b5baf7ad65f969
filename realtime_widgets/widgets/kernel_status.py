"""Keeps JupyterLab's busy sign still while sound travels: messages of these widgets do not change it.

A kernel says that it is busy before each message that it handles, and idle after it. Sound comes 17 times a
second, so the sign would flicker all the time, and would say idle while a cell runs. For messages to our own comms
the kernel says only that it is idle, which front ends wait for before they free the message and its sound. It says
so as of a kind of message that Jupyter does not count as activity, so JupyterLab leaves the sign as it is.
"""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any
from weakref import WeakSet, WeakValueDictionary

if TYPE_CHECKING:
    from collections.abc import Callable

#: A kind of message whose status Jupyter does not show: one of the default `untracked_message_types` of Jupyter
#: Server, which JupyterLab reads too.
UNTRACKED = "comm_info_request"

_comms: WeakValueDictionary[str, Any] = WeakValueDictionary()
_kernels: WeakSet[Any] = WeakSet()


def keep_sign_still(comm: Any) -> None:
    """Let messages to this comm leave the kernel's busy sign as it is.

    Parameters
    ----------
    comm
        The comm of a widget. If there is no kernel, or its methods, which are private to ipykernel, are not as
        expected, nothing is changed and the sign flickers.
    """
    kernel_module = sys.modules.get("ipykernel.kernelbase")
    kernel_class = getattr(kernel_module, "Kernel", None)
    kernel = kernel_class.instance() if kernel_class is not None and kernel_class.initialized() else None
    if kernel is None or not _as_expected(kernel):
        return
    _comms[comm.comm_id] = comm
    if kernel not in _kernels:
        _kernels.add(kernel)
        kernel._publish_status = _quietly(kernel, kernel._publish_status)


def _as_expected(kernel: Any) -> bool:
    publish, get_parent = getattr(kernel, "_publish_status", None), getattr(kernel, "get_parent", None)
    if not callable(publish) or not callable(get_parent):
        return False
    return [*inspect.signature(publish).parameters] == ["status", "channel", "parent"]


def _quietly(kernel: Any, publish: Callable[..., None]) -> Callable[..., None]:
    def publish_status(status: str, channel: str, parent: Any = None) -> None:
        handled = parent or kernel.get_parent(channel)
        if not _is_ours(handled):
            publish(status, channel, parent)
        elif status == "idle":
            publish(status, channel, {**handled, "header": {**handled["header"], "msg_type": UNTRACKED}})

    return publish_status


def _is_ours(message: Any) -> bool:
    try:
        return message["header"]["msg_type"] == "comm_msg" and message["content"]["comm_id"] in _comms
    except (KeyError, TypeError):  # there is no message, as at the start, or it is of another shape
        return False
