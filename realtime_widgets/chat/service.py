"""One OpenAI-compatible endpoint over HTTP: its address, its prices, its errors."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import msgspec

from realtime_widgets.chat.wire import error_of
from realtime_widgets.core.usage.price import ON_THIS_MACHINE, UNPRICED
from realtime_widgets.core.usage.prices import PriceTable
from realtime_widgets.errors import ConfigurationError, ConnectionFailedError, ResponseFailedError
from realtime_widgets.protocol.endpoint.endpoint import Endpoint, resolve_endpoint
from realtime_widgets.protocol.secrets import forget_locals, without_locals
from realtime_widgets.protocol.wire.unreached import proxy_refusal, request_proxy, unreached
from realtime_widgets.runtime.local_endpoint import LocalStart

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    import aiohttp

    from realtime_widgets.core.usage.price import Price
    from realtime_widgets.core.usage.prices import OwnPrices
    from realtime_widgets.protocol.endpoint.credentials import TokenProvider
    from realtime_widgets.protocol.secrets import Secret, SecretTexts

#: How long opening a connection, and silence of the endpoint in the middle of an answer, may take, in seconds.
CONNECT_TIMEOUT_S = 10.0
SILENCE_TIMEOUT_S = 300.0
#: The service does not speak unless the request names a voice.
DEFAULT_VOICE = "marin"
#: Statuses by which a request is refused for what it asks; the others are the endpoint's or the account's.
_REQUEST_FAULTS = (400, 409, 413, 415, 422)


class Service:
    """The service that one stage uses.

    Parameters
    ----------
    endpoint, api_key, model, client
        As for `RealtimeSession`.
    default_model
        Model to request if the user names none and the service is not the local endpoint.
    prices
        As for `RealtimeSession`.

    Raises
    ------
    ConfigurationError
        If the endpoint is invalid, a key is missing, or the model has to be named.
    """

    @without_locals
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
        """Start the local endpoint and wait for its models, if the service is local.

        Raises
        ------
        LocalEndpointError
            If that fails.
        """
        if self.endpoint.local:
            local = LocalStart()
            self.endpoint = await local.start(self.endpoint)
            await local.watch()

    @contextlib.asynccontextmanager
    async def post(
        self, http: aiohttp.ClientSession, path: str, *, data: Any = None, json: Mapping[str, Any] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request, and yield the answer for reading.

        Raises
        ------
        ConnectionFailedError
            If the endpoint cannot be reached, refuses access, fails or breaks off.
        ResponseFailedError
            If the endpoint refuses the request.
        """
        import aiohttp

        endpoint = self.endpoint
        where = endpoint.where
        headers, kind = await endpoint.fresh_headers(), {}
        if json is not None:
            # Much faster than the standard library's: it holds up the voice of sessions on this thread.
            data, kind = msgspec.json.encode(json), {"Content-Type": "application/json"}
        url = f"{_over_http(endpoint.base_url)}/{path}"
        proxy = request_proxy(endpoint, url)
        try:
            async with await _sent(http, url, data, (headers, kind), proxy) as response:
                if response.status == 407:
                    raise proxy_refusal(endpoint, proxy, response.status)
                if response.status != 200:
                    raise _refusal(endpoint, path, response.status, await _error_body(response), headers)
                yield response
        except aiohttp.ClientHttpProxyError as error:
            raise proxy_refusal(endpoint, proxy, error.status) from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            cause = getattr(error, "certificate_error", error)
            raise unreached(endpoint, cause, CONNECT_TIMEOUT_S, proxy) from None
        except aiohttp.ClientResponseError as error:
            if error.request_info.method == "CONNECT":  # said to the proxy
                raise unreached(endpoint, error, CONNECT_TIMEOUT_S, proxy) from None
            raise ConnectionFailedError(f"{where} broke off its answer: {type(error).__name__}") from None
        except TimeoutError:
            raise ConnectionFailedError(
                f"{where} did not answer in time; check the network and the URL", unreachable=True
            ) from None
        except aiohttp.ClientError as error:
            raise ConnectionFailedError(f"{where} broke off its answer: {type(error).__name__}") from None


async def _sent(
    http: aiohttp.ClientSession,
    url: str,
    data: Any,
    headers: tuple[SecretTexts, dict[str, str]],
    proxy: Secret | None,
) -> aiohttp.ClientResponse:
    """Send a request; whatever is raised, its frames hold neither the key nor a proxy's password."""
    try:
        return await http.post(
            url,
            headers={**headers[0], **headers[1]},
            data=data,
            allow_redirects=False,
            proxy=proxy.reveal() if proxy else None,
        )
    except BaseException as error:
        forget_locals(error)
        raise


@contextlib.asynccontextmanager
async def http_client() -> AsyncIterator[aiohttp.ClientSession]:
    """Open what requests are sent with; its import is kept from the calling loop."""
    aiohttp = await asyncio.to_thread(import_module, "aiohttp")
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S, sock_read=SILENCE_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        yield http


def _over_http(base_url: str) -> str:
    return f"http{base_url[2:]}" if base_url.startswith("ws") else base_url


async def _error_body(response: aiohttp.ClientResponse) -> tuple[str, str | None]:
    try:
        return error_of(await response.json(content_type=None))
    except ValueError:
        return "", None


def _refusal(
    endpoint: Endpoint, path: str, status: int, body: tuple[str, str | None], headers: SecretTexts
) -> Exception:
    """Make the error of an HTTP status; no secret that was sent comes back in it."""
    where = endpoint.where
    text, code = headers.masked(body[0]), body[1]
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
