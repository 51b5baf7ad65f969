"""A chat with the scripted server of the tests, and a tool for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from realtime_widgets import AudioChat

if TYPE_CHECKING:
    from tests.chat.rest_server import RestServer

PCM = np.arange(-3000, 3000, dtype="<i2").tobytes()


def chat_with(server: RestServer, **options: Any) -> AudioChat:
    return AudioChat("Be brief.", endpoint=server.url, api_key="sk-secret-1", **options)


def count() -> int:
    """Count."""
    return 1
