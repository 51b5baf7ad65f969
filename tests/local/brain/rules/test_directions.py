"""Directions for one answer: each intent in several words, and what is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.local.brain.rules.directions import read_direction
from realtime_widgets.local.brain.rules.obeying import perform
from tests.local.brain.talk import answered, ask, called, spoken, typed, words
from tests.local.brain.tools_table import TOOLS

if TYPE_CHECKING:
    from realtime_widgets.local.brain.rules.brain import StandInBrain


def said(direction: str, by_user: bool = False) -> list[str]:
    return perform(read_direction(direction, by_user), [], "You are Ada.")


@pytest.mark.parametrize(
    "direction",
    [
        'Say exactly: "Dinner at eight, bring wine."',
        "say exactly: Dinner at eight, bring wine.",
        "Read the following text aloud verbatim: Dinner at eight, bring wine.",
        "Please read this sentence out loud, word for word: Dinner at eight, bring wine.",
        "Repeat after me: Dinner at eight, bring wine.",
        "Reply with exactly: Dinner at eight, bring wine.",
        "Your next reply must be exactly: Dinner at eight, bring wine.",
        "You should say 'Dinner at eight, bring wine.' and nothing else.",
        "Respond only with the sentence \u201cDinner at eight, bring wine.\u201d",
        "You are a butler.\nAnnounce the following message to the guests:\n\nDinner at eight, bring wine.",
        "Speak the following: <text>Dinner at eight, bring wine.</text>",
        "Tell the user: Dinner at eight, bring wine.",
        'Your first message should be "Dinner at eight, bring wine."',
        'Say the following\n"Dinner at eight, bring wine."',
        "Begin with: Dinner at eight, bring wine.",
    ],
)
def test_words_are_said_as_they_are(direction: str) -> None:
    assert said(direction) == ["Dinner at eight, bring wine."]


def test_a_text_of_several_lines_is_said_whole_and_is_no_direction_itself() -> None:
    text = "Ask for it. Say nothing.\n\nIn one word: greet the user."
    assert " ".join(said(f"Read aloud verbatim: {text}")).replace(" \n", "\n") == text


@pytest.mark.parametrize(
    "direction",
    [
        "Say nothing.",
        "Stay silent",
        "Do not say anything.",
        "Don't reply to this.",
        "Please remain quiet for now.",
        "No response is needed.",
        "Do not respond.",
    ],
)
def test_silence(direction: str) -> None:
    read = read_direction(direction)
    assert (read.silent, read.acts) == (True, ())


@pytest.mark.parametrize(
    "direction",
    [
        "Greet the user.",
        "Start by greeting the user warmly.",
        "Please say hello to the user in a friendly way",
        "Begin the conversation by saying hi.",
        "Generate a friendly greeting.",
        "You are a receptionist. Warmly greet the caller.",
    ],
)
def test_greetings(direction: str) -> None:
    assert said(direction)[0] == "Hello, I am Ada."
    assert said("Greet Bob and thank him for waiting.") == ["Hello, Bob.", "Thank you for waiting."]


@pytest.mark.parametrize(
    ("direction", "told"),
    [
        ("Tell the user that their order is ready.", "Your order is ready."),
        ("Let the user know that the order is ready", "The order is ready."),
        ("Inform the caller the shop is closed.", "The shop is closed."),
        ("Tell them dinner is ready.", "Dinner is ready."),
        ("Let the user know you are offline until five.", "I am offline until five."),
        ("Tell the user you will call them back.", "I will call you back."),
        ("Mention that the user has two messages.", "You have two messages."),
        ("Remind the user to take their pills.", "Please remember to take your pills."),
        ("Tell the user to wait.", "Please wait."),
        ("Apologise for the delay.", "I am sorry for the delay."),
        ("Wish the user a nice day.", "I wish you a nice day."),
        ("Say goodbye to the user.", "Goodbye."),
        ("Welcome the user back.", "Welcome back."),
        ("Count from three to one.", "3, 2, 1."),
        ("Let them know it's raining.", "It's raining."),
        ("Tell the user you're transferring them to a human agent.", "I am transferring you to a human agent."),
        ("Inform the user that Dr. Smith is here at 3 p.m. today.", "Dr. Smith is here at 3 p.m. today."),
        ("Notify the caller: your table is ready", "your table is ready"),
    ],
)
def test_what_the_user_is_told(direction: str, told: str) -> None:
    assert " ".join(said(direction)) == told


@pytest.mark.parametrize(
    ("direction", "question"),
    [
        ("Ask the user for their name.", "What is your name?"),
        ("Ask for the user's email and phone number.", "Could you give me your email and phone number?"),
        ("Ask if they're still there.", "Are you still there?"),
        ("The user is quiet. Politely ask whether they'd like to go on.", "Would you like to go on?"),
        ("Ask the user whether they have a reservation.", "Do you have a reservation?"),
        ("Ask what they would like to drink.", "What would you like to drink?"),
        ("Ask the user how they are doing.", "How are you doing?"),
        ("Ask them where they live.", "Where do you live?"),
        ("Ask what the user wants.", "What do you want?"),
        ("Ask the user how you can help.", "How can I help?"),
        ("Find out what their name is.", "What is your name?"),
        ("Ask whether the parcel arrived.", "May I ask whether the parcel arrived?"),
        ("Ask the user to confirm the address.", "Could you please confirm the address?"),
        ("Prompt the user for their age.", "What is your age?"),
        ("Ask which city they live in.", "Which city do you live in?"),
        ("Ask about their trip.", "What can you tell me about your trip?"),
    ],
)  # fmt: skip
def test_what_the_user_is_asked(direction: str, question: str) -> None:
    assert said(direction) == [question]


def test_several_things_in_order() -> None:
    direction = "Greet the user, tell them that lunch is ready, and then ask whether they are hungry."
    assert said(direction) == ["Hello, I am Ada.", "Lunch is ready.", "Are you hungry?"]


@pytest.mark.parametrize(
    "direction",
    [
        "You are a helpful assistant. Be brief and kind.",
        'If the user asks for the price, say "ten euros".',
        "When they say hello, greet them.",
        "Never say goodbye.",
        "Don't greet the user.",
        "Answer the user's question.",
        "Respond politely.",
        "Reply to the user as a pirate.",
        "The user said hello.",
        "",
    ],
)
def test_what_is_no_direction(direction: str) -> None:
    read = read_direction(direction)
    assert (read.doable, read.silent) == ([], False)


@pytest.mark.parametrize("direction", ["Tell the user a joke.", "Summarize the talk.", 'Say "hello" in French.'])
def test_what_cannot_be_done_is_kept(direction: str) -> None:
    read = read_direction(direction)
    assert read.doable == []
    assert read.undoable


def test_what_users_say_concerns_them() -> None:
    assert said("Ask me how I am.", by_user=True) == ["How are you?"]
    assert said("Tell me that you are my friend.", by_user=True) == ["I am your friend."]


@pytest.mark.parametrize(
    "text", ["say with the user " * 500, "please " * 3000, "'a " * 3000, "ask the user " * 2000]
)
def test_hostile_texts_end(text: str) -> None:
    read_direction(text)


# In a conversation

DONE = [spoken("Hello."), answered("Hello.")]


def system(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "system", "content": [{"type": "input_text", "text": text}]}


@pytest.mark.models
def test_the_direction_of_a_response_and_system_messages_at_the_end_are_obeyed(brain: StandInBrain) -> None:
    assert words(ask(brain, DONE, TOOLS, direction="Tell the user that it rains.")) == "It rains."
    assert words(ask(brain, [*DONE, system("Ask the user for their name.")], TOOLS)) == "What is your name?"
    assert words(ask(brain, [system("Say exactly: welcome aboard")], [])) == "welcome aboard"
    assert ask(brain, [*DONE, typed("Hi."), system("Say nothing.")], TOOLS) == []
    both = [*DONE, system("Say a.")]
    assert words(ask(brain, both, [], direction="Say exactly: b")) == "b"


@pytest.mark.models
def test_a_question_that_comes_as_a_system_message_is_answered_like_the_users(brain: StandInBrain) -> None:
    parts = ask(brain, [*DONE, system("Could you roll three dice?")], TOOLS)
    assert called(parts) == called(ask(brain, [*DONE, typed("Could you roll three dice?")], TOOLS))
    assert called(parts)
    # The user's own question goes first.
    both = [*DONE, typed("Roll two dice."), system("Could you roll three dice?")]
    assert called(ask(brain, both, TOOLS)) == called(ask(brain, [*DONE, typed("Roll two dice.")], TOOLS))


@pytest.mark.models
def test_system_messages_before_a_turn_do_not_answer_it(brain: StandInBrain) -> None:
    items = [system("Say exactly: welcome aboard"), spoken("Roll two dice.")]
    assert ask(brain, items, TOOLS) == ask(brain, items[1:], TOOLS)


@pytest.mark.models
def test_what_cannot_be_done_is_said_honestly_unless_there_is_something_to_answer(brain: StandInBrain) -> None:
    refused = words(ask(brain, DONE, TOOLS, direction="Tell the user a joke about cats."))
    assert refused == "I cannot tell you a joke about cats. I am a small stand-in, not a language model."
    open_turn = [spoken("Hello.")]
    assert words(ask(brain, open_turn, TOOLS, direction="Tell a joke.")).startswith("Hello.")


@pytest.mark.models
def test_the_user_is_answered_first_where_that_is_part_of_the_direction(brain: StandInBrain) -> None:
    direction = "Answer the user's question, then ask whether they want more."
    plain = words(ask(brain, [spoken("What time is it?")], []))
    assert words(ask(brain, [spoken("What time is it?")], [], direction=direction)) == f"{plain} Do you want more?"
    assert words(ask(brain, DONE, [], direction=direction)) == "Do you want more?"


@pytest.mark.models
def test_users_may_dictate_too_unless_a_tool_is_meant(brain: StandInBrain) -> None:
    assert words(ask(brain, [typed("Say exactly: turn on the light")], TOOLS)) == "turn on the light"
    assert words(ask(brain, [spoken("Please repeat after me: the cat sat.")], [])) == "the cat sat."
    speaks = {"type": "function", "name": "say_text", "description": "Say a text in the room.",
              "parameters": {"type": "object", "properties": {"text": {"type": "string"}}}}  # fmt: skip
    assert not words(ask(brain, [typed("Say 'hello' in the room")], [speaks])).startswith("hello")


@pytest.mark.models
@pytest.mark.parametrize(
    "options",
    [{"direction": "Answer in one word."}, {"instructions": "Always reply with a single word."}, {}],
)
def test_answers_in_one_word(brain: StandInBrain, options: dict[str, str]) -> None:
    asked = "What is the weather in Paris?" if options else "What is the weather in Paris? Use one word."
    items = [spoken(asked), *called("get_weather", '{"weather": "sunny"}', city="Paris")]
    assert words(ask(brain, items, TOOLS, **options)) == "Sunny."
