"""What every tool's schema has: its description for the model, and the check of the arguments that it sends."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pydantic_core

from realtime_widgets.errors import ToolArgumentsError
from realtime_widgets.tools.schema.readings import read_arguments

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class ReadArguments:
    """The arguments of one call.

    Attributes
    ----------
    values : dict
        Keyword arguments for the tool.
    read_as : str
        The arguments as they were read, JSON text; empty if that is how they were sent.
    """

    values: dict[str, Any]
    read_as: str


@dataclass(frozen=True)
class ArgumentsSchema(ABC):
    """The description of a tool for the model, and the check of the arguments that it sends.

    Attributes
    ----------
    name : str
        Name under which the model calls the tool.
    description : str
        What the tool does, as the model reads it; may be empty.
    parameters : dict
        JSON schema of the arguments, an object.
    """

    name: str
    description: str
    parameters: dict[str, Any]

    def read(self, arguments: str) -> ReadArguments:
        """Turn the arguments of a call into keyword arguments, and say how they were read.

        Arguments that a model got slightly wrong are taken if they have exactly one sensible reading; see
        `read_arguments`.

        Parameters
        ----------
        arguments
            A JSON object as text; text without content counts as an empty object, as some servers send it.

        Raises
        ------
        ToolArgumentsError
            If the text is not a JSON object or does not fit the schema; names each wrong argument.
        """
        if meant := self._meant(arguments):
            with contextlib.suppress(ToolArgumentsError):  # then the error names what was sent
                return ReadArguments(self._checked(meant), meant)
        return ReadArguments(self._checked(arguments), "")

    def parse(self, arguments: str) -> dict[str, Any]:
        """Turn the arguments of a call into keyword arguments; takes and raises what `read` does."""
        return self.read(arguments).values

    @abstractmethod
    def _checked(self, arguments: str) -> dict[str, Any]:
        """Return the arguments of a call as keyword arguments; raises as `read` does."""

    def _meant(self, arguments: str) -> str:
        """Return the arguments as they were meant, JSON text; empty if that is how they were sent."""
        try:
            sent = pydantic_core.from_json(arguments if arguments.strip() else "{}")
            before = pydantic_core.to_json(sent, inf_nan_mode="constants")
            after = pydantic_core.to_json(read_arguments(self.parameters, sent), inf_nan_mode="constants")
        except (ValueError, TypeError, RecursionError):  # lone surrogates are a TypeError
            return ""
        return "" if after == before else after.decode()

    def convert(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Turn JSON-able arguments into keyword arguments, exactly as if a model had sent them.

        Raises
        ------
        ToolArgumentsError
            If an argument has no JSON form or does not fit the schema.
        """
        try:
            text = pydantic_core.to_json(dict(arguments), inf_nan_mode="constants").decode()
        except (pydantic_core.PydanticSerializationError, ValueError) as error:
            raise ToolArgumentsError(f"{self.name}: the arguments must be what JSON can hold: {error}") from None
        return self.parse(text)
