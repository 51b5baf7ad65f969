"""The choice of a brain: from the command line and the environment to a loaded brain."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.local.api.names import MODEL_ID

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from realtime_widgets.local.models.interfaces import Brain

BRAIN, MODEL, KEY = "REALTIME_WIDGETS_BRAIN", "REALTIME_WIDGETS_BRAIN_MODEL", "REALTIME_WIDGETS_BRAIN_KEY"
SEES, TIMEOUT = "REALTIME_WIDGETS_BRAIN_SEES", "REALTIME_WIDGETS_BRAIN_TIMEOUT"
#: Environment variables that choose the brain.
VARIABLES = (BRAIN, MODEL, KEY, SEES, TIMEOUT)
_BUILT_IN = "built-in"
_SCRIPT = "script:"


@dataclass(frozen=True)
class BrainSettings:
    """The choice of a brain.

    Attributes
    ----------
    brain : str
        ``built-in``, ``script:FILE`` or the base URL of a chat endpoint.
    model : str or None
        Name of the model at that URL.
    key : str or None
        Key for that URL.
    sees : bool
        Whether the model takes images.
    silence_s : float
        Longest silence of the model in seconds.
    """

    brain: str = _BUILT_IN
    model: str | None = None
    key: str | None = field(default=None, repr=False)
    sees: bool = False
    silence_s: float = 60.0

    @property
    def built_in(self) -> bool:
        """Whether it is the endpoint's own brain, which takes a moment to load."""
        return self.brain == _BUILT_IN

    @property
    def reads_pictures(self) -> bool:
        """Whether it needs the words in pictures: it does not see them itself, and asks for more than a script."""
        return not self.sees and not self.brain.startswith(_SCRIPT)

    def load(self) -> Brain:
        """Load the brain; blocks.

        Raises
        ------
        ConfigurationError
            If the address or the script cannot be used.
        LocalEndpointError
            If the model of the built-in brain is missing.
        """
        if self.built_in:
            from realtime_widgets.local.brain.rules.brain import StandInBrain

            return StandInBrain.load()
        if self.brain.startswith(_SCRIPT):
            from realtime_widgets.local.brain.script import ScriptFile

            return ScriptFile(Path(self.brain.removeprefix(_SCRIPT)).expanduser())
        from realtime_widgets.local.brain.llm.client import ChatBrain

        return ChatBrain(self.brain, self.model, key=self.key, sees=self.sees, silence_s=self.silence_s)

    @property
    def model_id(self) -> str:
        """The name of the model that the endpoint serves with this brain."""
        if self.built_in:
            return MODEL_ID
        if self.brain.startswith(_SCRIPT):
            return "local-script"
        return f"local-{self.model or 'chat'}"

    def public(self) -> dict[str, Any]:
        """Return what clients may know of the brain."""
        if self.built_in:
            return {"kind": "stand-in"}
        if self.brain.startswith(_SCRIPT):
            return {"kind": "script", "file": Path(self.brain.removeprefix(_SCRIPT)).name}
        return {"kind": "chat", "url": self.brain, "model": self.model, "sees": self.sees}


def add_brain_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that choose a brain.

    Each has an environment variable as its default; the key is read from the environment only.
    """
    group = parser.add_argument_group("the brain, which decides what is said")
    group.add_argument(
        "--brain",
        default=os.environ.get(BRAIN) or _BUILT_IN,
        metavar="URL|script:FILE",
        help="base URL of an OpenAI-compatible chat endpoint, such as http://localhost:11434/v1, or a script; "
        f"its key comes from {KEY} (default: the built-in stand-in)",
    )
    group.add_argument("--brain-model", default=os.environ.get(MODEL), metavar="NAME", help="name of the model")
    group.add_argument(
        "--brain-sees",
        action="store_true",
        default=os.environ.get(SEES, "").lower() in ("1", "true", "yes"),
        help="the model takes images",
    )
    group.add_argument(
        "--brain-timeout",
        default=os.environ.get(TIMEOUT) or "60",
        metavar="SECONDS",
        help="longest silence of the model (default: 60)",
    )


def brain_settings(arguments: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> BrainSettings:
    """Read the arguments of `add_brain_arguments`, and the key from the environment.

    Raises
    ------
    ConfigurationError
        If the time-out is not a number of seconds above zero.
    """
    try:
        silence_s = float(arguments.brain_timeout)
    except ValueError:
        silence_s = 0.0
    if not 0 < silence_s < float("inf"):
        raise ConfigurationError(f"--brain-timeout must be seconds above 0, not {arguments.brain_timeout!r}")
    brain = arguments.brain.strip()
    if brain.startswith(("http://", "https://")):
        from realtime_widgets.local.brain.llm.client import checked_url

        brain = checked_url(brain)
    return BrainSettings(
        brain, arguments.brain_model or None, brain_key(brain, environment), arguments.brain_sees, silence_s
    )


def brain_key(brain: str, environment: Mapping[str, str]) -> str | None:
    """Return the key that may be sent to `brain`: its own, or OpenAI's to OpenAI only."""
    if own := environment.get(KEY):
        return own
    address = urlsplit(brain)
    theirs = address.scheme == "https" and address.hostname == "api.openai.com"
    return environment.get("OPENAI_API_KEY") or None if theirs else None
