"""A brain behind an OpenAI-compatible chat endpoint: Ollama, llama.cpp, vLLM, LM Studio or OpenAI itself."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.local.brain.errors import MAX_OUTPUT_TOKENS, BrainError
from realtime_widgets.local.brain.llm.answer import AnswerReader, ServerSentEvents, error_text
from realtime_widgets.local.brain.llm.request import chat_request

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence

    from realtime_widgets.local.models.interfaces import BrainRequest, CallTool, Say

#: Longest time to connect, and longest silence before an answer is given up, in seconds.
CONNECT_S, SILENCE_S = 10.0, 60.0
_LONGEST_ERROR_BYTES = 64 * 1024
_LISTED = 8  # largest number of models that an error names


class ChatBrain:
    """A `Brain` that asks another server; it waits on the event loop and uses no thread.

    Parameters
    ----------
    base_url
        The URL before ``/chat/completions``, such as ``http://localhost:11434/v1``.
    model
        Name of the model there; None chooses the server's only model.
    key
        Key of the server, sent to this address only; None sends none.
    sees
        Whether the model takes images.
    silence_s
        Longest time in seconds that the server may be silent, before the first word and between two.

    Raises
    ------
    ConfigurationError
        If the address or the key is malformed.
    """

    def __init__(
        self,
        base_url: str,
        model: str | None = None,
        *,
        key: str | None = None,
        sees: bool = False,
        silence_s: float = SILENCE_S,
    ) -> None:
        self.url = checked_url(base_url)
        self.model = model or None
        self.sees = sees
        if key is not None and not (key.isascii() and key.isprintable()):
            raise ConfigurationError("the brain's key contains characters that no key has; set it again")
        self._key = key
        self._newest = urlsplit(self.url).hostname == "api.openai.com"
        self._timeout = aiohttp.ClientTimeout(
            total=None, connect=CONNECT_S, sock_connect=CONNECT_S, sock_read=silence_s
        )
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"ChatBrain({self.url!r}, {self.model!r})"

    def prepare(self, tools: Sequence[Mapping[str, Any]]) -> None:
        """Do nothing: the server reads the tools with each request."""

    async def answer(self, request: BrainRequest) -> AsyncGenerator[Say | CallTool, None]:
        """Yield each sentence as soon as it is complete, then the calls; close it early to end the HTTP stream.

        Raises
        ------
        BrainError
            If the server cannot be reached, refuses, or breaks off.
        """
        with self._errors_worded():
            model = self.model or await self._only_model()
            body = chat_request(request, model, self.sees, newest=self._newest)
            http = self._http()
            async with http.post(f"{self.url}/chat/completions", json=body, allow_redirects=False) as response:
                if response.status != 200:
                    raise await self._refusal(response)
                limited = request.max_output_tokens is not None
                async for part in _read(response, limited):
                    yield part

    async def models(self) -> list[str]:
        """Return the names of the models that the server offers.

        Raises
        ------
        BrainError
            If the server does not list them.
        """
        with self._errors_worded():
            async with self._http().get(f"{self.url}/models", allow_redirects=False) as response:
                if response.status != 200:
                    raise await self._refusal(response, look_for_models=False)
                try:
                    body = await response.json(content_type=None)
                    return [str(model["id"]) for model in body["data"]]
                except (ValueError, LookupError, TypeError):
                    raise BrainError(f"the brain at {self.url} does not list its models; name one") from None

    def problem(self) -> str | None:
        """Return what would keep it from answering now, or None; blocks for seconds at most."""

        async def look() -> list[str]:
            probe = ChatBrain(self.url, key=self._key, silence_s=CONNECT_S)
            try:
                return await probe.models()
            finally:
                await probe.close()

        try:
            names = asyncio.run(look())
        except BrainError as error:
            return str(error)
        # Ollama adds a tag: "llama3" is its "llama3:latest".
        if self.model and self.model not in [*names, *(name.split(":")[0] for name in names)]:
            return f"the brain at {self.url} has no model {self.model!r}{_named(names)}"
        return None

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
            self._session = aiohttp.ClientSession(headers=headers, timeout=self._timeout)
        return self._session

    async def _only_model(self) -> str:
        names = await self.models()
        if len(names) != 1:
            raise BrainError(
                f"the brain at {self.url} has {len(names)} models; name one with --brain-model{_named(names)}",
                "model_not_found",
            )
        self.model = names[0]
        return names[0]

    @contextmanager
    def _errors_worded(self) -> Iterator[None]:
        """Turn errors of the connection into `BrainError`, in words."""
        try:
            yield
        except TimeoutError as error:
            raise self._timed_out(error) from None
        except aiohttp.ClientConnectorError as error:
            raise self._unreachable(error) from None
        except aiohttp.ClientPayloadError:
            raise BrainError("the brain's answer broke off: the connection was lost") from None
        except (aiohttp.ClientError, OSError) as error:
            name = type(error).__name__
            raise BrainError(
                f"the brain at {self.url} closed the connection before it answered ({name})"
            ) from None

    def _unreachable(self, error: aiohttp.ClientConnectorError) -> BrainError:
        number = error.os_error.errno
        reason = os.strerror(number) if number is not None and number > 0 else "there is no such host"
        return BrainError(f"cannot connect to the brain at {self.url}: {reason}; is it running?")

    def _timed_out(self, error: TimeoutError) -> BrainError:
        if isinstance(error, aiohttp.ConnectionTimeoutError):
            return BrainError(f"cannot connect to the brain at {self.url}: no answer within {CONNECT_S:g} s")
        return BrainError(f"the brain at {self.url} said nothing for {self._timeout.sock_read:g} s")

    async def _refusal(self, response: aiohttp.ClientResponse, look_for_models: bool = True) -> BrainError:
        """Return the error that a response with an error status stands for."""
        status = response.status
        if status in (401, 403):
            # The server's own text may quote the key.
            problem = "refused the key" if self._key else "needs a key"
            cure = "set REALTIME_WIDGETS_BRAIN_KEY to one that is allowed to use it"
            return BrainError(f"the brain at {self.url} {problem} (HTTP {status}); {cure}")
        if 300 <= status < 400:
            return BrainError(
                f"the brain at {self.url} redirects elsewhere (HTTP {status}); give the other address"
            )
        said = _error_body((await response.content.read(_LONGEST_ERROR_BYTES)).decode("utf-8", "replace"))
        if self._key:
            said = said.replace(self._key, "…")
        reason = f": {said}" if said else ""
        if status == 404 and look_for_models:
            return await self._not_found(reason)
        if status == 429:
            return BrainError(f"the brain at {self.url} receives too many requests{reason}", "rate_limit_exceeded")
        return BrainError(f"the brain at {self.url} refused (HTTP {status}){reason}")

    async def _not_found(self, reason: str) -> BrainError:
        try:
            names = await self.models()
        except BrainError:
            text = f"there is no {self.url}/chat/completions{reason}; such addresses usually end in /v1"
            return BrainError(text)
        if self.model in names:
            return BrainError(f"the brain at {self.url} refused (HTTP 404){reason}")
        return BrainError(f"the brain at {self.url} has no model {self.model!r}{_named(names)}", "model_not_found")


async def _read(response: aiohttp.ClientResponse, limited: bool) -> AsyncGenerator[Say | CallTool, None]:
    events, reader = ServerSentEvents(), AnswerReader()
    if response.content_type == "application/json":  # it does not stream
        for part in reader.feed((await response.read()).decode("utf-8", "replace")):
            yield part
    else:
        async for chunk in response.content.iter_any():
            for data in events.feed(chunk):
                for part in reader.feed(data):
                    yield part
            if reader.done:
                break
        for data in () if reader.done else events.flush():
            for part in reader.feed(data):
                yield part
    for rest in reader.end():
        yield rest
    if limited and reader.cut:
        raise BrainError("the brain's answer reached its limit of tokens", MAX_OUTPUT_TOKENS)


def checked_url(url: str) -> str:
    """Return a base URL without a slash at its end.

    Raises
    ------
    ConfigurationError
        If it is not an http address, or holds a password or a query.
    """
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigurationError(
            "the brain's address must be a URL such as http://localhost:11434/v1, or script:FILE for a script"
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigurationError(
            "the brain's address must not hold a password or a query; give its key as REALTIME_WIDGETS_BRAIN_KEY"
        )
    return url.strip().rstrip("/").removesuffix("/chat/completions")


def _error_body(text: str) -> str:
    try:
        return error_text(json.loads(text))
    except (ValueError, RecursionError):
        return "" if "<" in text else error_text(text)


def _named(names: Sequence[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"; it has {', '.join(names[:_LISTED])}{more}"
