"""Requests to the tools of `request_tools`, as people say them. Now is Monday, 23 November 2026, 9:00.

Developers of the brain may look at `SEEN`. `HELD_OUT` was written before the brain was run on any of it, and the
brain must not be tuned to it: a developer who has looked at the brain's answers to it writes a new one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

NOW = datetime(2026, 11, 23, 9, 0)


@dataclass(frozen=True)
class Request:
    """A spoken request and its expected outcome.

    Attributes
    ----------
    said : str
        The words spoken.
    tool : str or None
        The expected tool; None if no tool should be called.
    arguments : dict
        The expected arguments, without those that the request does not mention.
    answer : str
        The answer to the brain's question if the request leaves something open, otherwise empty.
    """

    said: str
    tool: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    answer: str = ""


def _wants(said: str, tool: str, /, *, answer: str = "", **arguments: Any) -> Request:
    return Request(said, tool, arguments, answer)


SEEN = (
    _wants("Start a timer for twelve minutes.", "start_timer", minutes=12),
    _wants("Could you time the eggs for six and a half minutes?", "start_timer", minutes=6.5, label="eggs"),
    _wants("I need a two hour timer for the laundry.", "start_timer", minutes=120, label="laundry"),
    _wants("Wake me in three quarters of an hour.", "start_timer", minutes=45),
    _wants("Count down ninety seconds, please.", "start_timer", minutes=1.5),
    _wants("Start a timer, please.", "start_timer", answer="Twenty minutes.", minutes=20),
    _wants("What will the weather be like in Dublin on Saturday?", "weather_forecast", place="Dublin",
           day="2026-11-28"),
    _wants("Will it rain in Madrid tomorrow?", "weather_forecast", place="Madrid", day="2026-11-24"),
    _wants("Do I need an umbrella in Hamburg?", "weather_forecast", place="Hamburg"),
    _wants("How's the weather looking for Chicago?", "weather_forecast", place="Chicago"),
    _wants("What's the weather forecast?", "weather_forecast", answer="For London.", place="London"),
    _wants("Send an email to Robert saying that the samples have arrived.", "send_email", recipient="Robert",
           message="the samples have arrived"),
    _wants("Email Julia and tell her I'm running late.", "send_email", recipient="Julia",
           message="I'm running late"),
    _wants("Write to Thomas that the meeting is cancelled.", "send_email", recipient="Thomas",
           message="the meeting is cancelled"),
    _wants("Send Martha an email: dinner is at eight.", "send_email", recipient="Martha",
           message="dinner is at eight"),
    _wants("Put a dentist appointment in my calendar for December the third at half past ten.", "create_event",
           title="dentist appointment", day="2026-12-03", start="10:30:00"),
    _wants("Add lunch with Peter to my calendar on Thursday at noon.", "create_event", title="lunch with Peter",
           day="2026-11-26", start="12:00:00"),
    _wants("Create an event called team meeting for next Tuesday at two pm.", "create_event",
           title="team meeting", day="2026-12-01", start="14:00:00"),
    _wants("Schedule a haircut for the day after tomorrow.", "create_event", title="haircut", day="2026-11-25"),
    _wants("Set the heating in the office to twenty one degrees.", "set_thermostat", temperature=21,
           room="office"),
    _wants("Make the bedroom eighteen degrees.", "set_thermostat", temperature=18, room="bedroom"),
    _wants("Can you turn the thermostat in the lab up to nineteen and a half?", "set_thermostat",
           temperature=19.5, room="lab"),
    _wants("Set the bathroom to seventy degrees Fahrenheit.", "set_thermostat", temperature=21.1,
           room="bathroom"),
    _wants("Heat the office.", "set_thermostat", answer="To twenty two degrees.", temperature=22, room="office"),
    _wants("Play some songs by Nina Simone.", "play_music", artist="Nina Simone"),
    _wants("Put on some Miles Davis.", "play_music", artist="Miles Davis"),
    _wants("I'd like to hear music by Johnny Cash at thirty percent.", "play_music", artist="Johnny Cash",
           volume=30),
    _wants("Play the Beatles, but quietly, at volume fifteen.", "play_music", artist="Beatles", volume=15),
    _wants("Order two large salami pizzas.", "order_pizza", size="large", topping="salami", quantity=2),
    _wants("Get me a small pizza with mushrooms.", "order_pizza", size="small", topping="mushroom"),
    _wants("I'm hungry, order a medium margherita pizza.", "order_pizza", size="medium", topping="margherita"),
    _wants("I want a tuna pizza.", "order_pizza", answer="A large one.", size="large", topping="tuna"),
    _wants("How do you say good morning in French?", "translate", text="good morning", language="french"),
    _wants("Translate where is the train station into Spanish.", "translate", text="where is the train station",
           language="spanish"),
    _wants("What's the German word for butterfly?", "translate", text="butterfly", language="german"),
    _wants("Translate thank you for the flowers.", "translate", answer="Into Italian.",
           text="thank you for the flowers", language="italian"),
    _wants("How many feet are five meters?", "convert_length", value=5, source="meters", target="feet"),
    _wants("Convert ten miles to kilometers.", "convert_length", value=10, source="miles", target="kilometers"),
    _wants("What is six feet in centimeters?", "convert_length", value=6, source="feet", target="centimeters"),
    _wants("Spin the samples at four thousand rpm for ten minutes.", "run_centrifuge", rpm=4000, minutes=10),
    _wants("Run the centrifuge for five minutes at twelve thousand revolutions per minute.", "run_centrifuge",
           rpm=12000, minutes=5),
    _wants("Start the centrifuge at three thousand.", "run_centrifuge", answer="For a quarter of an hour.",
           rpm=3000, minutes=15),
    _wants("Show me a histogram of the pressure column.", "plot_column", column="pressure", kind="histogram"),
    _wants("Plot the temperature as a scatter plot.", "plot_column", column="temperature", kind="scatter"),
    _wants("Draw a bar chart of the sales column.", "plot_column", column="sales", kind="bar"),
    _wants("Plot the humidity column.", "plot_column", column="humidity"),
    _wants("Make a note that the pump is leaking.", "add_note", text="the pump is leaking"),
    _wants("Note down: the third sample turned blue.", "add_note", text="the third sample turned blue"),
    _wants("Write in the lab notebook that we changed the filter.", "add_note", text="we changed the filter"),
    _wants("Add a note.", "add_note", answer="The valve was open all night.", text="The valve was open all night"),
    Request("Good morning, how are you?"),
    Request("Who won the football match last night?"),
    Request("I really liked that film."),
    Request("What can you do?"),
    Request("Tell me something about black holes."),
    Request("My sister is coming next week."),
)  # fmt: skip

HELD_OUT = (
    _wants("Set a timer for thirty five minutes.", "start_timer", minutes=35),
    _wants("Give me a twenty minute timer for the bread.", "start_timer", minutes=20, label="bread"),
    _wants("Remind me when a quarter of an hour is over.", "start_timer", minutes=15),
    _wants("Start the countdown, one minute and forty five seconds.", "start_timer", minutes=1.75),
    _wants("I need a timer.", "start_timer", answer="Make it eight minutes.", minutes=8),
    _wants("Is it going to snow in Oslo on Wednesday?", "weather_forecast", place="Oslo", day="2026-11-25"),
    _wants("Tell me the forecast for San Diego.", "weather_forecast", place="San Diego"),
    _wants("How warm will it be in Athens tomorrow?", "weather_forecast", place="Athens", day="2026-11-24"),
    _wants("What about the weather for the weekend?", "weather_forecast", answer="In Vienna.", place="Vienna",
           day="2026-11-28"),
    _wants("Email Susan that I will call her tonight.", "send_email", recipient="Susan",
           message="I will call her tonight"),
    _wants("Please send a mail to Michael saying the results look good.", "send_email", recipient="Michael",
           message="the results look good"),
    _wants("Tell Laura by email that the door is locked.", "send_email", recipient="Laura",
           message="the door is locked"),
    _wants("Put yoga class into my calendar for Friday at six pm.", "create_event", title="yoga class",
           day="2026-11-27", start="18:00:00"),
    _wants("Schedule a meeting with the landlord on the fifteenth of December.", "create_event",
           title="meeting with the landlord", day="2026-12-15"),
    _wants("Add an event to my calendar, birthday party, on Saturday at four in the afternoon.", "create_event",
           title="birthday party", day="2026-11-28", start="16:00:00"),
    _wants("Please heat the bathroom to twenty three degrees.", "set_thermostat", temperature=23,
           room="bathroom"),
    _wants("I'd like the lab at seventeen degrees.", "set_thermostat", temperature=17, room="lab"),
    _wants("Turn the heating down to fifteen in the bedroom.", "set_thermostat", temperature=15, room="bedroom"),
    _wants("Set the thermostat to twenty degrees.", "set_thermostat", answer="In the office.", temperature=20,
           room="office"),
    _wants("Play something by David Bowie.", "play_music", artist="David Bowie"),
    _wants("Can I hear some Bob Marley at forty percent volume?", "play_music", artist="Bob Marley", volume=40),
    _wants("Play music.", "play_music", answer="Something by Elvis Presley.", artist="Elvis Presley"),
    _wants("Order three small pizzas with tuna.", "order_pizza", size="small", topping="tuna", quantity=3),
    _wants("Let's get a large mushroom pizza.", "order_pizza", size="large", topping="mushroom"),
    _wants("Order me a pizza.", "order_pizza", answer="A medium one with salami.", size="medium",
           topping="salami"),
    _wants("Translate the soup is cold into German.", "translate", text="the soup is cold", language="german"),
    _wants("What does good luck mean in Italian?", "translate", text="good luck", language="italian"),
    _wants("How would I say see you tomorrow in Spanish?", "translate", text="see you tomorrow",
           language="spanish"),
    _wants("Convert seventy two inches to feet.", "convert_length", value=72, source="inches", target="feet"),
    _wants("How many kilometers is a distance of three miles?", "convert_length", value=3, source="miles",
           target="kilometers"),
    _wants("What's two and a half meters in inches?", "convert_length", value=2.5, source="meters",
           target="inches"),
    _wants("Centrifuge the samples for eight minutes at two thousand five hundred rpm.", "run_centrifuge",
           rpm=2500, minutes=8),
    _wants("Spin them at ten thousand revolutions per minute for ninety seconds.", "run_centrifuge", rpm=10000,
           minutes=1.5),
    _wants("Make a bar plot of the price column.", "plot_column", column="price", kind="bar"),
    _wants("Can you plot the voltage?", "plot_column", column="voltage"),
    _wants("I want to see the histogram of the age column.", "plot_column", column="age", kind="histogram"),
    _wants("Take a note: order more gloves.", "add_note", text="order more gloves"),
    _wants("Write down that the second run failed.", "add_note", text="the second run failed"),
    Request("What do you think about politics?"),
    Request("Hello, can you hear me?"),
    Request("The train was late again."),
    Request("Who painted the Mona Lisa?"),
)  # fmt: skip
