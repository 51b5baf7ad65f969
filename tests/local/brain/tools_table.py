"""The tools of the requests in `requests_table`, in the shape that pydantic gives their schemas."""

from __future__ import annotations

from typing import Any


def tool(name: str, description: str, required: str = "", /, **properties: dict[str, Any]) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": required.split()}
    return {"type": "function", "name": name, "description": description, "parameters": parameters}


NUMBER = {"type": "number"}
INTEGER = {"type": "integer"}
STRING = {"type": "string"}
CURRENCY = {"enum": ["EUR", "USD", "GBP"], "type": "string"}

REACTION_RATE = tool(
    "reaction_rate",
    "Rate of our reaction at a temperature.",
    "temperature",
    temperature=NUMBER,
    unit={"enum": ["C", "K"], "type": "string", "default": "C"},
)
ROLL_DICE = tool(
    "roll_dice",
    "Roll some dice and return what they show.",
    sides=INTEGER | {"default": 6},
    count=INTEGER | {"default": 1},
)
SET_TIMER = tool("set_timer", "Set a timer.", "minutes", minutes=NUMBER, label=STRING | {"default": ""})
BOOK_ROOM = tool(
    "book_room", "Book a meeting room for a day.", "name day", name=STRING, day=STRING | {"format": "date"}
)
GET_WEATHER = tool(
    "get_weather",
    "Current weather in a city.",
    "city",
    city=STRING | {"description": "Name of the city."},
    unit={
        "anyOf": [{"enum": ["celsius", "fahrenheit"], "type": "string"}, {"type": "null"}],
        "default": None,
    },
)
SEND_MESSAGE = tool(
    "send_message", "Send a text message to somebody.", "recipient text", recipient=STRING, text=STRING
)
CONVERT_CURRENCY = tool(
    "convert_currency",
    "Convert an amount of money from one currency to another.",
    "amount source target",
    amount=NUMBER,
    source=CURRENCY,
    target=CURRENCY,
)
ADD_TO_SHOPPING_LIST = tool(
    "add_to_shopping_list",
    "Put items on the shopping list.",
    "items",
    items={"type": "array", "items": STRING},
)
SET_LIGHT = tool(
    "set_light",
    "Switch the lamp in a room on or off.",
    "room on",
    room={"enum": ["kitchen", "bedroom", "living room"], "type": "string"},
    on={"type": "boolean"},
    brightness={
        "anyOf": [{"type": "integer", "minimum": 0, "maximum": 100}, {"type": "null"}],
        "default": None,
        "description": "Brightness in percent.",
    },
)
AVERAGE = tool("average", "Arithmetic mean of some numbers.", "values", values={"type": "array", "items": NUMBER})
CREATE_REMINDER = tool(
    "create_reminder",
    "Remind me of something at a time.",
    "task when",
    task=STRING,
    when=STRING | {"format": "date-time"},
)
SEARCH_PAPERS = tool(
    "search_papers",
    "Search the literature for papers on a topic.",
    "query",
    query=STRING,
    limit=INTEGER | {"default": 10, "description": "How many papers at most."},
    sort={"$ref": "#/$defs/Sort", "default": "relevance"},
)
SEARCH_PAPERS["parameters"]["$defs"] = {"Sort": {"enum": ["relevance", "newest", "citations"], "type": "string"}}

TOOLS = [
    REACTION_RATE,
    ROLL_DICE,
    SET_TIMER,
    BOOK_ROOM,
    GET_WEATHER,
    SEND_MESSAGE,
    CONVERT_CURRENCY,
    ADD_TO_SHOPPING_LIST,
    SET_LIGHT,
    AVERAGE,
    CREATE_REMINDER,
    SEARCH_PAPERS,
]

LENGTHS = {"enum": ["meters", "kilometers", "feet", "miles"], "type": "string"}
CONVERT = tool(
    "convert_length",
    "Convert a length from one unit to another.",
    "value source target",
    value=NUMBER,
    source=LENGTHS,
    target=LENGTHS,
)
OVEN = tool("heat_oven", "Heat the oven to a temperature in degrees Celsius.", "temperature", temperature=NUMBER)
PIZZA = tool(
    "order_pizza",
    "Order pizza.",
    "size",
    size={"enum": ["small", "large"], "type": "string"},
    quantity={"type": "integer", "default": 1},
)
TRANSLATE = tool(
    "translate",
    "Translate a phrase into another language.",
    "text language",
    text=STRING,
    language={"enum": ["french", "german"], "type": "string"},
)
PLOT = tool(
    "plot_column",
    "Plot a column of the data set.",
    "column",
    column=STRING,
    kind={"enum": ["line", "histogram"], "type": "string", "default": "line"},
)
NOTE = tool("add_note", "Write a note into the lab notebook.", "text", text=STRING)
EVENT = tool(
    "create_event",
    "Put an event into my calendar.",
    "title day",
    title=STRING,
    day=STRING | {"format": "date"},
)
#: Tools whose arguments are easily taken for one another.
ALIKE = [CONVERT, OVEN, PIZZA, TRANSLATE, PLOT, NOTE, EVENT]
