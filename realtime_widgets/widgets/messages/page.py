"""Messages of a page of its own: the widgets that it mirrors, and the link that leads to it."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from realtime_widgets.widgets.messages.base import Message


class PageModel(Struct, frozen=True):
    """A widget's model: its state without code and style, which are files beside the page.

    `buffers` are the lengths of the state's binary values in the frame's payload, which belong at `buffer_paths`.
    """

    model_id: str
    module: str
    style: str
    state: dict[str, Any]
    buffer_paths: list[list[str | int]]
    buffers: list[int]


class PageJoin(Message, frozen=True, tag="page_join"):
    """A page shows its token; answered by `page_welcome`."""

    token: str


class PageWelcome(Message, frozen=True, tag="page_welcome"):
    """All models, the one to show, and a key by which the page comes back after its connection was cut."""

    key: str
    root: str
    models: list[PageModel]


class PageModels(Message, frozen=True, tag="page_models"):
    """Models that what is shown refers to from now on."""

    models: list[PageModel]


class ModelMessage(Message, frozen=True, tag="model_message"):
    """A message of a widget to its front ends or back, as ipywidgets has it; `buffers` are lengths."""

    model_id: str
    data: dict[str, Any]
    buffers: list[int]


#: What a page of its own sends over its socket.
PageFrame = PageJoin | ModelMessage
#: What the kernel sends to it.
PageCommand = PageWelcome | PageModels | ModelMessage


class AskLinks(Message, frozen=True, tag="ask_links"):
    """A view of a link would like fresh tokens, good for ten minutes and for one page each."""

    view_id: str
    count: int


class Links(Message, frozen=True, tag="links"):
    """Tokens for one view, and where the kernel serves the page; `address` is a known proxy's."""

    view_id: str
    tokens: list[str]
    lane_id: str
    port: int
    address: str


class LinkOpened(Message, frozen=True, tag="link_opened"):
    """A token of that view was used; it would like another one."""

    view_id: str


LinkCommand = Links | LinkOpened
