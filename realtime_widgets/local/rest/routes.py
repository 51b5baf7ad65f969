"""All REST routes besides the Realtime sessions, and how many requests are handled at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from realtime_widgets.local.http.capacity import Capacity
from realtime_widgets.local.rest.audio.speech import SpeechRoutes
from realtime_widgets.local.rest.audio.transcriptions import TranscriptionRoutes
from realtime_widgets.local.rest.chat.routes import ChatRoutes
from realtime_widgets.local.rest.client_secrets import ClientSecretRoutes
from realtime_widgets.local.rest.moderations import create_moderation

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.typedefs import Handler

    from realtime_widgets.local.http.client_secrets import ClientSecrets
    from realtime_widgets.local.inference.workers import Inference

#: Largest number of requests at the same time; each may hold a file of 25 MiB.
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
        Keeps the client secrets.
    clock
        Returns the present as Unix time in seconds.
    """
    full = f"{MAX_REQUESTS} requests are under way, which is this endpoint's limit; try again soon."
    capacity = Capacity(MAX_REQUESTS, full)

    def limited(handler: Handler) -> Handler:
        async def placed(request: web.Request) -> web.StreamResponse:
            with capacity.slot():
                return await handler(request)

        return placed

    return [
        web.post("/v1/realtime/client_secrets", ClientSecretRoutes(secrets).create),
        web.post("/v1/chat/completions", limited(ChatRoutes(inference, clock).create)),
        web.post("/v1/audio/speech", limited(SpeechRoutes(inference).create)),
        web.post("/v1/audio/transcriptions", limited(TranscriptionRoutes(inference).create)),
        web.post("/v1/moderations", create_moderation),
    ]
