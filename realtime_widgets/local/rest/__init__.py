"""The REST routes beside the Realtime sessions: one module a family of routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from realtime_widgets.local.places import Places
from realtime_widgets.local.rest.chat import ChatRoutes
from realtime_widgets.local.rest.client_secrets import ClientSecretRoutes
from realtime_widgets.local.rest.moderations import create_moderation
from realtime_widgets.local.rest.speech import SpeechRoutes
from realtime_widgets.local.rest.transcriptions import TranscriptionRoutes

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.typedefs import Handler

    from realtime_widgets.local.client_secrets import ClientSecrets
    from realtime_widgets.local.inference import Inference

#: Requests that are worked on at the same time; each may hold a file of 25 MiB.
MAX_REQUESTS = 32


def rest_routes(
    inference: Inference, secrets: ClientSecrets, clock: Callable[[], float]
) -> list[web.AbstractRouteDef]:
    """Return all REST routes.

    Parameters
    ----------
    inference
        Runs the models.
    secrets
        Where client secrets are kept.
    clock
        Gives the present as Unix time in seconds.
    """
    full = f"{MAX_REQUESTS} requests are under way, which is this endpoint's limit; try again soon."
    places = Places(MAX_REQUESTS, full)

    def limited(handler: Handler) -> Handler:
        async def placed(request: web.Request) -> web.StreamResponse:
            with places.one():
                return await handler(request)

        return placed

    return [
        web.post("/v1/realtime/client_secrets", ClientSecretRoutes(secrets).create),
        web.post("/v1/chat/completions", limited(ChatRoutes(inference, clock).create)),
        web.post("/v1/audio/speech", limited(SpeechRoutes(inference).create)),
        web.post("/v1/audio/transcriptions", limited(TranscriptionRoutes(inference).create)),
        web.post("/v1/moderations", create_moderation),
    ]
