"""The doctor's visit to an endpoint: one request for its models, with the key and without ever showing it."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from realtime_widgets.protocol.endpoint.endpoint import Endpoint

_TIMEOUT_S = 10.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Answer:
    """The result of the request, in words for the user.

    Attributes
    ----------
    state
        ``ok``, ``warning`` or ``problem``.
    detail
        The result, in words.
    cure
        What to do about it; empty if all is well.
    """

    state: Literal["ok", "warning", "problem"]
    detail: str
    cure: str = ""


class _StayHere(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the key is for this host only."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Refuse."""


def probe_models(endpoint: Endpoint) -> Answer:
    """Ask an endpoint for its list of models; blocks for up to ten seconds."""
    try:
        request = urllib.request.Request(_models_url(endpoint), headers=endpoint.headers().reveal())
        with _opener(request.host).open(request, timeout=_TIMEOUT_S) as response:
            return _judge_list(response.read(1_000_000), endpoint)
    except urllib.error.HTTPError as error:
        with error:
            return _judge_status(error.code, keyed=endpoint.api_key is not None)
    except urllib.error.URLError as error:
        reason = error.reason.strerror if isinstance(error.reason, OSError) else None
        return _unreachable(reason or type(error.reason).__name__)
    except (OSError, http.client.HTTPException) as error:
        return _unreachable(type(error).__name__)
    except ValueError:
        # http.client quotes a header it refuses, and this one holds the key.
        return Answer(
            "problem",
            "the key or the address holds characters that cannot be sent",
            "set OPENAI_API_KEY again, without line breaks, and look at OPENAI_BASE_URL",
        )


def _models_url(endpoint: Endpoint) -> str:
    scheme, netloc, path, _, _ = urlsplit(endpoint.base_url)
    secure = scheme in ("https", "wss")
    host = netloc.rpartition("@")[2]
    return urlunsplit(("https" if secure else "http", host, f"{path.rstrip('/')}/models", "", ""))


def _opener(host: str) -> urllib.request.OpenerDirector:
    local = urlsplit(f"//{host}").hostname in _LOOPBACK
    return urllib.request.build_opener(_StayHere, *([urllib.request.ProxyHandler({})] if local else []))


def _judge_list(body: bytes, endpoint: Endpoint) -> Answer:
    try:
        models = [model["id"] for model in json.loads(body)["data"]]
    except (ValueError, LookupError, TypeError):
        return Answer(
            "warning",
            "answers, but not with a list of models",
            "look whether the address ends in the API's path, such as /v1",
        )
    if endpoint.model not in models:
        some = ", ".join(map(str, models[:5])) or "none"
        return Answer(
            "warning",
            f"answers, but does not list the model {endpoint.model}; it lists {some}",
            "name one of its models: RealtimeSession(model=...)",
        )
    return Answer("ok", f"answers, takes the key, and has {endpoint.model}")


def _judge_status(status: int, *, keyed: bool) -> Answer:
    if status in (401, 403):
        detail = f"refuses the key (HTTP {status})" if keyed else f"asks for a key (HTTP {status})"
        return Answer(
            "problem", detail, "set OPENAI_API_KEY to a key of this endpoint, and OPENAI_BASE_URL to its address"
        )
    if status == 404:
        return Answer(
            "warning",
            "answers, but has no list of models (HTTP 404)",
            "look whether the address ends in the API's path, such as /v1",
        )
    if 300 <= status < 400:
        return Answer(
            "problem", f"sends requests on to another address (HTTP {status})", "name that address instead"
        )
    return Answer("problem", f"answers with HTTP {status}", "try again later, or take another endpoint")


def _unreachable(reason: str) -> Answer:
    return Answer(
        "problem",
        f"cannot be reached: {reason}",
        "start the server, or look at the address (--endpoint, OPENAI_BASE_URL) and at the network",
    )
