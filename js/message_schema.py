"""Prints the JSON schema of the messages between the widgets and their pages, for `make messages`."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from realtime_widgets.widgets import messages

#: Types that the page imports by name; the classes that they consist of are included.
NAMES = (
    "InputMode",
    "MicrophoneState",
    "CloseReason",
    "SoundState",
    "PageError",
    "PortCommand",
    "PortReport",
    "CommCommand",
    "CommReport",
    "LaneCommand",
    "LaneReport",
    "TranscriptCommand",
    "TranscriptReport",
    "CaptionsCommand",
    "ReplyCommand",
    "ReplyReport",
    "ReplayCommand",
    "ReplayReport",
    "InsertCells",
    "InsertReport",
    "InsightCommand",
    "InsightReport",
    "InsightTab",
    "LessonLine",
    "LessonReport",
    "CloseDock",
    "DockPlace",
    "CameraCommand",
    "CameraMessage",
    "ReviewCommand",
    "ReviewReport",
    "AskLinks",
    "LinkCommand",
    "PageCommand",
    "PageFrame",
    "Recording",
    "KeyReport",
    "Status",
    "StatusReport",
)


def schema() -> dict[str, Any]:
    """Return a schema with one property for each of `NAMES`, and all classes that they use under ``$defs``."""
    types = [getattr(messages, name) for name in NAMES]
    shapes, classes = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    for shape in classes.values():
        shape["additionalProperties"] = False
        shape["description"] = " ".join(shape["description"].split())
        # Only unset fields are left out of a message: defaults are sent.
        shape["required"] += [name for name, of in shape["properties"].items() if "default" in of]
    named = {name: shape for name, shape in zip(NAMES, shapes, strict=True) if "$ref" not in shape}
    references = {name: {"$ref": f"#/$defs/{name}"} for name in NAMES}
    choices = [(shape, references[name]) for name, shape in named.items() if "enum" in shape]
    for shape in classes.values():
        for name, of in shape["properties"].items():
            shape["properties"][name] = next((reference for choice, reference in choices if choice == of), of)
    return {
        "title": "Messages",
        "type": "object",
        "properties": references,
        "additionalProperties": False,
        "$defs": {**named, **classes},
    }


if __name__ == "__main__":
    print(json.dumps(schema()))
