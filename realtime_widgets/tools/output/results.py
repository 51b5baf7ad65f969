"""Turns the value that a tool returned into text for the model, and the images that follow it."""

from __future__ import annotations

import base64
from itertools import islice
from typing import TYPE_CHECKING, Any

from realtime_widgets.images import MAX_BYTES, Picture, is_picture, picture_of
from realtime_widgets.tools.output.displays import bundle_of, plain_text
from realtime_widgets.tools.output.encoding import (
    OUTPUT_LIMIT,
    as_repr,
    cut,
    encode_output,
    encode_output_later,
    has_data_form,
    is_lazy,
)
from realtime_widgets.tools.output.outcome import described
from realtime_widgets.tools.output.tables import TABLE_LIMIT, array_of, table_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

#: Largest number of images in one result that are passed on.
MAX_PICTURES = 4
#: Largest number of entries of one result that are displayed.
MAX_DISPLAYS = 12
_PLAIN = (bool, int, float, str, type(None))
_MAX_REASON = 300  # characters of the reason why an image or a table could not be made


def encode_result(
    value: Any, limit: int = OUTPUT_LIMIT, show: Callable[[Mapping[str, Any]], object] | None = None
) -> tuple[str, list[Picture]]:
    """Return a result as text, and the images in it, which are sent to the model after the text; never fails.

    Data frames and large arrays become summaries with their first rows or numbers. What has a form for people
    only, such as HTML, becomes its plain text. Images, frames and such are also found as the entries of a list, a
    tuple, a dict or an iterator, where the text marks their places; one that cannot be made is replaced by its
    repr and the reason. Anything else is encoded by `encode_output`. No more entries are looked at than can fit.

    Parameters
    ----------
    value
        The value that the tool returned.
    limit
        Longest text in bytes of UTF-8.
    show
        Called with the forms, by MIME type, of each entry that is displayed as more than text.
    """
    found = _Found(show)
    taken = found.replaced(value)
    if taken is value and type(value) in (list, tuple):
        taken = [found.replaced(each) for each in islice(value, limit)]
    elif taken is value and type(value) is dict:
        taken = {key: found.replaced(each) for key, each in islice(value.items(), limit)}
    elif taken is value and is_lazy(value):
        taken = (found.replaced(each) for each in value)
    return encode_output(taken, limit), found.pictures


async def encode_result_later(
    values: AsyncIterator[Any],
    limit: int = OUTPUT_LIMIT,
    show: Callable[[Mapping[str, Any]], object] | None = None,
) -> tuple[str, list[Picture]]:
    """Return the values of an asynchronous iterator as `encode_result` does those of an iterator.

    Parameters
    ----------
    values
        The iterator that the tool returned.
    limit
        Longest text in bytes of UTF-8.
    show
        Called with the forms, by MIME type, of each entry that is displayed as more than text.
    """
    found = _Found(show)
    text = await encode_output_later(values, limit, found.replaced)
    return text, found.pictures


class _Found:
    """What was found in a result beside plain values: images for the model, and what the user sees."""

    def __init__(self, show: Callable[[Mapping[str, Any]], object] | None) -> None:
        self.pictures: list[Picture] = []
        self._show = show or (lambda bundle: None)
        self._shown = 0
        self._plain: set[type] = set()  # types that have no other form than text

    def replaced(self, value: Any) -> Any:
        """Return the text in place of a frame, an image or such; any other value unchanged."""
        if type(value) in _PLAIN:
            return value
        try:
            if (table := table_of(value)) is not None:
                self._display(bundle_of(value) or {"text/plain": str(value)})
                return table
            if len(self.pictures) == MAX_PICTURES and is_picture(value):
                return f"<one more image, not passed on: {MAX_PICTURES} is the limit>"
            picture = picture_of(value)
            if picture is None:
                return self._of_bundle(value) if (array := array_of(value)) is None else array
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # the panic of a package written in Rust is not an Exception
            reason = described(error)[:_MAX_REASON]
            return as_repr(value, reason=f"its image or table could not be made ({reason})")
        return self._kept(picture)

    def _kept(self, picture: Picture) -> str:
        if len(picture.data) > MAX_BYTES:
            return f"<an image of {len(picture.data):,} bytes, too large to be passed on: make it smaller>"
        self.pictures.append(picture)
        self._display({picture.kind: picture.data, "text/plain": "an image"})
        return f"<image {len(self.pictures)}, in the message after this output>"

    def _of_bundle(self, value: Any) -> Any:
        """Return the text of what is made to be displayed, and display it; any other value unchanged."""
        if type(value) in self._plain or has_data_form(value):
            return value
        bundle = bundle_of(value)
        if bundle is None:
            self._plain.add(type(value))
            return value
        for kind in ("image/png", "image/jpeg"):
            if (file := bundle.get(kind)) and len(self.pictures) < MAX_PICTURES:
                data = file if isinstance(file, bytes) else base64.b64decode(file)
                if (picture := picture_of(data)) is not None:
                    return self._kept(picture)
        self._display(bundle)
        text = plain_text(bundle)
        # What people see as a table or a page is no reading for a voice.
        return cut(text, TABLE_LIMIT) if text else f"<{type(value).__name__}, shown to the user>"

    def _display(self, bundle: Mapping[str, Any]) -> None:
        if self._shown < MAX_DISPLAYS:
            self._shown += 1
            self._show(bundle)
