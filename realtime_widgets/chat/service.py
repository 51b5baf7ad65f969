"""One OpenAI-compatible endpoint over HTTP: where it is, what it costs, and its refusals in words."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import msgspec

from realtime_widgets.chat.wire import error_of
from realtime_widgets.errors import ConfigurationError, ConnectionFailedError, ResponseFailedError
from realtime_widgets.local_start import LocalStart
from realtime_widgets.prices import ON_THIS_MACHINE, PriceTable
from realtime_widgets.protocol.endpoints import Endpoint, Secret, resolve_endpoint
from realtime_widgets.usage import UNPRICED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    import aiohttp

    from realtime_widgets.prices import OwnPrices, Price
    from realtime_widgets.protocol.credentials import TokenProvider

#: How long opening a connection, and silence of the endpoint in the middle of an answer, may take, in seconds.
CONNECT_TIMEOUT_S = 10.0
SILENCE_TIMEOUT_S = 300.0
#: The service makes no sound without being told a voice.
DEFAULT_VOICE = "marin"
#: A header's value that is shorter is no secret, and may be part of any word.
_SHORTEST_SECRET = 6
#: Statuses by which a request is refused for what it asks; the others are the endpoint's or the account's.
_REQUEST_FAULTS = (400, 409, 413, 415, 422)


class Service:
    """What one stage asks.

    Parameters
    ----------
    endpoint, api_key, model, client
        As `RealtimeSession` takes them.
    default_model
        Model asked for where the person names none, by a service that is not the local endpoint.
    prices
        As `RealtimeSession` takes them.

    Raises
    ------
    ConfigurationError
        Where the endpoint is none, a key is missing, or the model has to be named.
    """

    def __init__(
        self,
        endpoint: str | Endpoint | None,
        api_key: str | Secret | TokenProvider | None,
        model: str | None,
        *,
        default_model: str,
        client: Any = None,
        prices: PriceTable | OwnPrices | None = None,
    ) -> None:
        found = resolve_endpoint(endpoint, api_key, model, client=client)
        if not (model or found.local or isinstance(endpoint, Endpoint)):
            if found.service == "xai":
                raise ConfigurationError("xAI has no model for this by default: name one as model=")
            found = replace(found, model=default_model)
        self.endpoint = found
        self._table = prices if isinstance(prices, PriceTable) else PriceTable().with_own(prices or {})

    @property
    def model(self) -> str:
        """Model asked for."""
        return self.endpoint.model

    def price(self, reported: str = "") -> Price:
        """Price of the model that answered."""
        if self.endpoint.local:
            return ON_THIS_MACHINE
        return self._table.price_of(reported, self.model) or UNPRICED

    async def prepare(self) -> None:
        """Start the local endpoint and wait for its models, where it is meant.

        Raises
        ------
        LocalEndpointError
            Where that fails.
        """
        if self.endpoint.local:
            local = LocalStart()
            self.endpoint = await local.start(self.endpoint)
            await local.watch()

    @contextlib.asynccontextmanager
    async def post(
        self, http: aiohttp.ClientSession, path: str, *, data: Any = None, json: Mapping[str, Any] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request, and hand over the answer to be read.

        Raises
        ------
        ConnectionFailedError
            Where the endpoint cannot be reached, refuses us, fails or breaks off.
        ResponseFailedError
            Where it refuses what is asked.
        """
        import aiohttp

        endpoint = self.endpoint
        where = _where(endpoint)
        headers = await endpoint.fresh_headers()
        told = dict(headers)
        if json is not None:
            # Much faster than the standard library's: it holds up the voice of sessions on this thread.
            data, told["Content-Type"] = msgspec.json.encode(json), "application/json"
        url = f"{_over_http(endpoint.base_url)}/{path}"
        try:
            async with http.post(
                url, headers=told, data=data, allow_redirects=False, proxy=_proxy(endpoint)
            ) as response:
                if response.status != 200:
                    raise _refusal(endpoint, path, response.status, await _error_body(response), headers)
                yield response
        except aiohttp.ClientConnectorError as error:
            raise ConnectionFailedError(
                f"{where} cannot be reached: {error.strerror or error}; is it running, is the URL right?",
                unreachable=True,
            ) from None
        except TimeoutError:
            raise ConnectionFailedError(
                f"{where} did not answer in time; check the network and the URL", unreachable=True
            ) from None
        except aiohttp.ClientError as error:
            raise ConnectionFailedError(f"{where} broke off its answer: {type(error).__name__}") from None


@contextlib.asynccontextmanager
async def http_client() -> AsyncIterator[aiohttp.ClientSession]:
    """Open what requests are sent with; its import is kept from the calling loop."""
    aiohttp = await asyncio.to_thread(import_module, "aiohttp")
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S, sock_read=SILENCE_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        yield http


def _proxy(endpoint: Endpoint) -> str | None:
    """Find the proxy of the environment; there is none before this machine."""
    if endpoint.loopback:
        return None
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    scheme, netloc, *_ = urlsplit(_over_http(endpoint.base_url))
    return None if proxy_bypass(netloc) else getproxies().get(scheme)


def _where(endpoint: Endpoint) -> str:
    return f"{endpoint.title} ({endpoint.base_url})"


def _over_http(base_url: str) -> str:
    return f"http{base_url[2:]}" if base_url.startswith("ws") else base_url


async def _error_body(response: aiohttp.ClientResponse) -> tuple[str, str | None]:
    try:
        return error_of(await response.json(content_type=None))
    except ValueError:
        return "", None


def _refusal(
    endpoint: Endpoint, path: str, status: int, body: tuple[str, str | None], headers: Mapping[str, str]
) -> Exception:
    """Make the error of an HTTP status; no secret that was sent comes back in it."""
    where = _where(endpoint)
    text, code = body
    for value in headers.values():
        if len(secret := value.removeprefix("Bearer ")) >= _SHORTEST_SECRET:
            text = text.replace(secret, "…")
    if status in _REQUEST_FAULTS:
        return ResponseFailedError(f"{where} refused the question: {text or f'HTTP {status}'}", code)
    if status == 404:
        cure = f"there is no /{path} at this address, or no model {endpoint.model!r}"
    elif status >= 500:
        cure = "the service failed; ask again, or see its log"
    else:
        cure = endpoint.refusal_cure(status)
    # A refused key is not quoted, not even in part.
    told = f": {text}" if text and status not in (401, 403) else ""
    return ConnectionFailedError(
        f"{where} refused the question with HTTP {status}{told} ({cure})", http_status=status
    )
