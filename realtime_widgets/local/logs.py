"""The log of the endpoint: plain lines or JSON lines, without what people say unless it is asked for."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal

LogFormat = Literal["text", "json"]
#: What people say and hear goes to this logger only.
SPEECH = logging.getLogger("realtime_widgets.local.speech_log")
SPEECH.setLevel(logging.CRITICAL)


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON: time, level, logger, message and the numbers that came with it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "stats", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up_logs(log_format: LogFormat, speech: bool) -> None:
    """Send the log of this process to standard error.

    Parameters
    ----------
    log_format
        ``"text"`` or ``"json"``.
    speech
        Whether what people say and hear is logged too.
    """
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonLines() if log_format == "json" else text)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    SPEECH.setLevel(logging.INFO if speech else logging.CRITICAL)
