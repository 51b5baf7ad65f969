"""One OpenAI-compatible endpoint over HTTP: its address, its prices, its errors."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

import msgspec

from realtime_widgets.chat.models import KNOWN, choose, none_fits
from realtime_widgets.chat.wire import error_of
from realtime_widgets.core.usage.endings import ending_of
from realtime_widgets.core.usage.price import ON_THIS_MACHINE, UNPRICED
from realtime_widgets.core.usage.prices import PriceTable
from realtime_widgets.errors import ConfigurationError, ConnectionFailedError, ResponseFailedError
from realtime_widgets.protocol.endpoint.endpoint import Endpoint, resolve_endpoint
from realtime_widgets.protocol.secrets import forget_locals, without_locals
from realtime_widgets.protocol.wire.unreached import proxy_refusal, request_proxy, unreached
from realtime_widgets.runtime.local_endpoint import LocalStart

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    import aiohttp

    from realtime_widgets.chat.models import Job
    from realtime_widgets.core.usage.price import Price
    from realtime_widgets.core.usage.prices import OwnPrices
    from realtime_widgets.protocol.endpoint.credentials import TokenProvider
    from realtime_widgets.protocol.secrets import Secret, SecretTexts

    #: The models that endpoints offer, by address; shared by the services of one chat.
    ModelLists = dict[str, tuple[str, ...] | None]

#: How long opening a connection, and silence of the endpoint in the middle of an answer, may take, in seconds.
CONNECT_TIMEOUT_S = 10.0
SILENCE_TIMEOUT_S = 300.0
#: How long an endpoint may take to tell which models it offers, in seconds, and how much it may tell, in bytes.
LIST_TIMEOUT_S = 10.0
_LIST_BYTES = 4_000_000
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
    job
        What the model has to do: decides which one is asked if the user names none. None if no model is asked.
    prices
        As for `RealtimeSession`.
    lists
        What is known of the models that endpoints offer; shared by the services of one chat.

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
        job: Job | None,
        client: Any = None,
        prices: PriceTable | OwnPrices | None = None,
        lists: ModelLists | None = None,
    ) -> None:
        found = resolve_endpoint(endpoint, api_key, model, client=client)
        self._open = not (model or found.local or isinstance(endpoint, Endpoint))
        if self._open:
            if found.service == "xai":
                raise ConfigurationError("xAI has no model for this by default: name one as model=")
            if job is not None:
                found = replace(found, model=KNOWN[job][0])
        self.endpoint = found
        self._job = job
        self._lists: ModelLists = {} if lists is None else lists
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

    async def choose_model(self, http: aiohttp.ClientSession) -> None:
        """Choose among the models that the endpoint offers, if the user named none; the endpoint is asked once.

        Raises
        ------
        ConfigurationError
            If none of them is known to do the job.
        """
        if not self._open or self._job is None:
            return
        offered = await self._offered(http)
        model = choose(self._job, offered, datetime.now(UTC).date())
        if model is None:
            raise ConfigurationError(none_fits(self.endpoint.where, self._job, offered))
        self.endpoint, self._open = replace(self.endpoint, model=model), False

    async def _offered(self, http: aiohttp.ClientSession) -> tuple[str, ...] | None:
        """Return the names of the models that the endpoint offers, None if it does not tell."""
        import aiohttp

        base_url = self.endpoint.base_url
        if base_url not in self._lists:
            try:
                async with asyncio.timeout(LIST_TIMEOUT_S):
                    self._lists[base_url] = await self._listed(http)
            except (aiohttp.ClientError, TimeoutError, ValueError):
                return None  # what is wrong with the endpoint shows when it is asked for something
        return self._lists[base_url]

    async def _listed(self, http: aiohttp.ClientSession) -> tuple[str, ...] | None:
        url = f"{_over_http(self.endpoint.base_url)}/models"
        headers, proxy = await self.endpoint.fresh_headers(), request_proxy(self.endpoint, url)
        # A server may close the connection after it without saying so, and the question would break off.
        once = {"Connection": "close"}
        async with await _sent(http.get, url, None, (headers, once), proxy) as response:
            if response.status == 407:
                raise proxy_refusal(self.endpoint, proxy, response.status)
            if response.status != 200:
                return None
            body = bytearray()
            async for block in response.content.iter_any():
                body += block
                if len(body) > _LIST_BYTES:
                    return None
        told = msgspec.json.decode(body)
        models = told.get("data") if isinstance(told, dict) else None
        names = [each.get("id") for each in models if isinstance(each, dict)] if isinstance(models, list) else []
        return tuple(name for name in names if isinstance(name, str)) or None

    async def _would_do(self, http: aiohttp.ClientSession, status: int, code: str | None) -> str:
        """Return what to say, with a refusal, of the models that could be asked instead."""
        if self._job is None or (status != 404 and code != "model_not_found"):
            return ""
        ending = ending_of(self.model)
        told = ending.notice(ending.date) if ending else ""
        offered = await self._offered(http)
        other = choose(self._job, offered, datetime.now(UTC).date()) if offered else None
        return " ".join(filter(None, (told, f"It offers {other}." if other and other != self.model else "")))

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
            async with await _sent(http.post, url, data, (headers, kind), proxy) as response:
                if response.status == 407:
                    raise proxy_refusal(endpoint, proxy, response.status)
                if response.status != 200:
                    text, code = await _error_body(response)
                    more = await self._would_do(http, response.status, code)
                    raise _refusal(endpoint, path, response.status, (text, code, more), headers)
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
    request: Callable[..., Awaitable[aiohttp.ClientResponse]],
    url: str,
    data: Any,
    headers: tuple[SecretTexts, dict[str, str]],
    proxy: Secret | None,
) -> aiohttp.ClientResponse:
    """Send a request; whatever is raised, its frames hold neither the key nor a proxy's password."""
    try:
        return await request(
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
    endpoint: Endpoint, path: str, status: int, body: tuple[str, str | None, str], headers: SecretTexts
) -> Exception:
    """Make the error of an HTTP status; no secret that was sent comes back in it."""
    where = endpoint.where
    text, code, more = headers.masked(body[0]), body[1], f" {body[2]}" if body[2] else ""
    if status in _REQUEST_FAULTS:
        return ResponseFailedError(f"{where} refused the question: {text or f'HTTP {status}'}{more}", code)
    if status == 404:
        cure = f"there is no /{path} at this address, or no model {endpoint.model!r}"
    elif status >= 500:
        cure = "the service failed; ask again, or see its log"
    else:
        cure = endpoint.refusal_cure(status)
    # A refused key is not quoted, not even in part.
    told = f": {text}" if text and status not in (401, 403) else ""
    return ConnectionFailedError(
        f"{where} refused the question with HTTP {status}{told} ({cure}){more}", http_status=status
    )
