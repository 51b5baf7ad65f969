"""``realtime-widgets captions``: writes a recording down, as text or subtitles."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from realtime_widgets.core.captions.subtitles import FORMATS
from realtime_widgets.session.captions import Captions
from realtime_widgets.shown_text import visible

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("sound", type=Path, help="WAV, FLAC, OGG or MP3 file with what was said")
    parser.add_argument(
        "--format", choices=list(FORMATS), help="text, markdown or subtitles (default: as --out, or txt)"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write it here instead of printing it")
    parser.add_argument("--endpoint", help='"local", "openai" or a base URL (default: as for a session)')
    parser.add_argument("--model", help="model that transcribes (default: the endpoint's)")
    parser.add_argument("--language", metavar="CODE", help='language that is spoken, such as "de"')


def run(namespace: argparse.Namespace) -> int:
    """Run the command."""
    # An error ends the command with its text; the log would say it a second time.
    logging.getLogger("realtime_widgets").addHandler(logging.NullHandler())
    captions = Captions(
        endpoint=namespace.endpoint, model=namespace.model, language=namespace.language, turn_detection=None
    )
    asyncio.run(_write_down(captions, namespace.sound))
    if namespace.out is None:
        print(FORMATS[namespace.format or "txt"](captions.segments), end="")
    else:
        captions.save(namespace.out, format=namespace.format)
    print(f"({visible(f'{captions.endpoint.name}: {captions.usage}')})", file=sys.stderr)
    return 0


async def _write_down(captions: Captions, sound: Path) -> None:
    try:
        await captions.transcribe(sound)
    finally:
        await captions.close()
