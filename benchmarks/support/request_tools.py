"""Twelve tools as users write them, for the requests in `request_list`; they are never run."""

from __future__ import annotations

from datetime import date, time  # noqa: TC003 - read at run time, as in a notebook
from typing import Any, Literal

from realtime_widgets.tools.schema.function_schema import schema_for

Length = Literal["meters", "kilometers", "feet", "miles", "inches", "centimeters"]


def start_timer(minutes: float, label: str = "") -> str:
    """Start a kitchen timer."""
    return f"{label} {minutes}"


def weather_forecast(place: str, day: date | None = None) -> str:
    """Weather forecast for a place."""
    return f"{place} {day}"


def send_email(recipient: str, message: str) -> str:
    """Send an e-mail to one of my contacts."""
    return f"{recipient} {message}"


def create_event(title: str, day: date, start: time | None = None) -> str:
    """Put an event into my calendar."""
    return f"{title} {day} {start}"


def set_thermostat(temperature: float, room: Literal["office", "bedroom", "bathroom", "lab"]) -> str:
    """Set the heating of a room to a temperature in degrees Celsius."""
    return f"{temperature} {room}"


def play_music(artist: str, volume: int | None = None) -> str:
    """Play songs by an artist.

    Parameters
    ----------
    artist
        Band or musician.
    volume
        Loudness in percent.
    """
    return f"{artist} {volume}"


def order_pizza(
    size: Literal["small", "medium", "large"],
    topping: Literal["margherita", "salami", "mushroom", "tuna"],
    quantity: int = 1,
) -> str:
    """Order pizza from the place around the corner."""
    return f"{size} {topping} {quantity}"


def translate(text: str, language: Literal["french", "german", "spanish", "italian"]) -> str:
    """Translate a phrase into another language."""
    return f"{text} {language}"


def convert_length(value: float, source: Length, target: Length) -> float:
    """Convert a length from one unit to another."""
    return value * len(source) * len(target)


def run_centrifuge(rpm: int, minutes: float) -> str:
    """Spin the samples in the centrifuge.

    Parameters
    ----------
    rpm
        Speed in revolutions per minute.
    minutes
        How long it spins.
    """
    return f"{rpm} {minutes}"


def plot_column(column: str, kind: Literal["line", "bar", "histogram", "scatter"] = "line") -> str:
    """Plot a column of the data set."""
    return f"{column} {kind}"


def add_note(text: str) -> str:
    """Write a note into the lab notebook."""
    return text


FUNCTIONS = (
    start_timer,
    weather_forecast,
    send_email,
    create_event,
    set_thermostat,
    play_music,
    order_pizza,
    translate,
    convert_length,
    run_centrifuge,
    plot_column,
    add_note,
)


def definitions() -> list[dict[str, Any]]:
    """Return the tools as a session sends them to the endpoint."""
    schemas = [schema_for(function) for function in FUNCTIONS]
    return [
        {"type": "function", "name": one.name, "description": one.description, "parameters": one.parameters}
        for one in schemas
    ]
