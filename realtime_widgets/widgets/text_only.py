"""What a page sends where the way to the kernel carries text only: its buffers are text in the message itself."""

from __future__ import annotations

import binascii
import sys
from base64 import b64decode
from typing import Any

#: Name of the field with the buffers, as base64; `js/src/anywidget.ts` writes it.
FIELD = "buffers_base64"
#: Packages whose kernels read each message of a page as text. Bokeh hands binary ones over, and
#: `ipywidgets_bokeh.kernel.SessionWebsocket.receive` (1.8), which Panel uses too, fails with them.
_KERNELS = ("ipywidgets_bokeh", "panel")


def carries_binary() -> bool:
    """Return whether pages can send buffers to this process."""
    kernel_class = getattr(sys.modules.get("ipykernel.kernelbase"), "Kernel", None)
    if kernel_class is None or not kernel_class.initialized():
        return True
    kernel = kernel_class.instance()
    return type(kernel).__module__.partition(".")[0] not in _KERNELS


def with_buffers(content: dict[str, Any], buffers: Any) -> tuple[dict[str, Any], Any]:
    """Return a message with its buffers as if they had come as such.

    Raises
    ------
    ValueError
        If the text is no base64.
    """
    texts = content.get(FIELD)
    if texts is None:
        return content, buffers
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{FIELD} is no list of texts")
    try:
        found = [memoryview(b64decode(text, validate=True)) for text in texts]
    except binascii.Error as error:
        raise ValueError(f"{FIELD} is no base64: {error}") from None
    return {name: value for name, value in content.items() if name != FIELD}, found
