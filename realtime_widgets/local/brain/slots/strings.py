"""Finds names, places, titles, lists and free text for string parameters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from realtime_widgets.local.brain.language.words import REQUEST_VERBS, STOP_WORDS, Word, stem, word_set, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_widgets.local.brain.slots.utterance import Utterance
    from realtime_widgets.local.brain.tool_schema import Parameter

_PREPOSITIONS = word_set("in at on for to from of about into with by near called named as until till")
#: Words in a parameter's name -> prepositions before its value, the likeliest first.
_ROLES = (
    ("destination target dest", "to into"),
    ("origin source start departure", "from"),
    ("language lang", "into to in"),
    ("city place location country town where address region area station venue capital", "in for at near of"),
    ("recipient person contact who whom to receiver participant guest attendee", "to with for"),
    ("author artist sender composer", "by from"),
    ("topic subject theme", "about on for of"),
    ("query search term keyword keywords question q", "about on for of"),
    ("message text body content note", "saying that:"),
    ("label title tag purpose reason", "for called"),
    ("room name file filename project", "called named for"),
    ("symbol ticker stock company currency", "of for in"),
)
#: Parameters that take a whole phrase, prepositions and all.
_PHRASES = word_set(
    """
    message text body content note query search term question q task reminder item sentence phrase
    comment description prompt expression formula code command title todo what
    """
)
_NAMES = word_set(
    """
    name city place location country town person contact recipient author artist room destination
    origin company station who user username language venue attendee to guest
    """
)
_PRONOUNS = word_set(
    """
    me it that this them him her us you one i myself something anything someone here there tomorrow
    today now everyone everybody what which how
    """
)
_EDGE_WORDS = word_set(
    """
    a an the some any my our your please as sorted ordered for of to on at in by with from and is are
    was be it's called named that this me us now then just also about into until
    """
)
_NOT_NAMES = word_set(
    """
    i i'm i'd i'll i've monday tuesday wednesday thursday friday saturday sunday january february
    march april may june july august september october november december ok okay
    """
)
#: After a verb they belong to it: "write down", "look up".
_PARTICLES = word_set("down up out")
#: Common words with which a sentence may begin: "translate where is the station".
_SENTENCE_OPENINGS = word_set(
    """
    where what when who why how is are do does did can could will would i we he she they i'm we're he's she's it's
    what's where's there you
    """
)
_WORDS_FOR_WORDS = word_set("word words phrase sentence expression term")
#: A name ends before any of these.
_NAME_ENDS = (_PREPOSITIONS - {"of"}) | word_set(
    "and now today right saying that who which sorted because if when is are or via using while instead"
)
#: Quoted words; group `a` or `b` holds them.
_QUOTED = re.compile(
    r"[\"\u201c\u201d«](?P<a>[^\"\u201c\u201d«»]+)[\"\u201c\u201d»]|(?<!\w)['\u2018](?P<b>[^'\u2018\u2019]+)['\u2019](?!\w)"
)
_CALLED = re.compile(
    r"\b(?:called|named|labell?ed|titled|entitled|name is|known as)\s+(?P<value>.+)", re.IGNORECASE | re.DOTALL
)
_SAYING = re.compile(
    r"(?:\b(?:saying|says|that says|reading|that|telling \w+|tell (?:her|him|them)|message)\s+(?:that\s+)?"
    r"|:\s+)(?P<value>\S.*)",
    re.I | re.S,
)
_CLAUSE_END = re.compile(r"[.!?;,:\n]|(?<!\w)(?:please|and then)(?!\w)", re.IGNORECASE)


def fill_strings(
    utterance: Utterance, parameters: Sequence[Parameter], tool_words: Sequence[str], tool_stems: frozenset[str]
) -> dict[Parameter, str]:
    """Return a string for each of `parameters` that has one; for optional ones only if the evidence is clear."""
    found: dict[Parameter, str] = {}
    _fill_quoted(utterance, parameters, found)
    for parameter in sorted(parameters, key=lambda one: not one.required):
        if parameter in found:
            continue
        value = _by_cue(utterance, parameter, parameters, tool_words, tool_stems)
        if value:
            found[parameter] = value
    for parameter in parameters:
        if parameter not in found and parameter.required and is_name(parameter):
            value = _capitalised(utterance, tool_stems)
            if value:
                found[parameter] = value
    wanting = [one for one in parameters if one.required and one not in found]
    if len(wanting) == 1:
        value = remaining_text(utterance, tool_stems, takes_a_phrase(wanting[0]))
        if value:
            found[wanting[0]] = value
    return found


def remaining_text(utterance: Utterance, tool_stems: frozenset[str], phrase: bool = False) -> str:
    """Return what is left without the used words, and without the tool's own words at both ends.

    Parameters
    ----------
    utterance
        What was said.
    tool_stems
        Stems of the tool's own words.
    phrase
        Whether the text may be a whole sentence: then common words count too after the tool's words.
    """
    stretches = _free_stretches(utterance)
    best = ""
    for start, end in stretches:
        words = [word for word in utterance.words if start <= word.start and word.end <= end]
        words = _strip_tool_phrases(words, tool_stems, words[:1] == utterance.words[:1], phrase)
        if words and words[0].text not in _PRONOUNS:
            text = utterance.text[words[0].start : words[-1].end]
            best = max(best, text, key=len)
    return best


def list_text(utterance: Utterance, parameter: Parameter, tool_stems: frozenset[str]) -> str:
    """Return the words that hold the items of an optional list; empty without a clear sign."""
    own = _after_own_name(utterance, parameter, tool_stems)
    return own or _after_preposition(utterance, parameter, tool_stems, phrase=True)


def _fill_quoted(utterance: Utterance, parameters: Sequence[Parameter], found: dict[Parameter, str]) -> None:
    quotes = [match for match in _QUOTED.finditer(utterance.text) if utterance.is_free(*match.span())]
    open_parameters = sorted(parameters, key=lambda one: (not one.required, not _PHRASES & set(one.words)))
    for match, parameter in zip(quotes, open_parameters, strict=False):
        # A quotation right after a parameter's name is its value.
        before = set(utterance.before(match.start(), 2))
        named = next((one for one in parameters if before & set(one.words) and one not in found), parameter)
        found[named] = (match["a"] or match["b"]).strip()
        utterance.use(*match.span())


def _by_cue(
    utterance: Utterance,
    parameter: Parameter,
    parameters: Sequence[Parameter],
    tool_words: Sequence[str],
    tool_stems: frozenset[str],
) -> str:
    own = _after_own_name(utterance, parameter, tool_stems)
    if not own and _takes_a_name(parameter, parameters):
        own = _after_pattern(utterance, _CALLED)
    if not own and _PHRASES & set(parameter.words):
        own = _after_pattern(utterance, _SAYING)
    own = own or _beside_noun(utterance, parameter, tool_words, tool_stems)
    return own or _after_preposition(utterance, parameter, tool_stems)


def _after_own_name(utterance: Utterance, parameter: Parameter, tool_stems: frozenset[str]) -> str:
    """Find the value after the parameter's own name: "label tea", "with the title Faust"."""
    own = parameter.words
    if parameter.name in ("to", "name") or len(own[-1]) < 3:
        return ""
    for place, word in enumerate(utterance.words):
        if word.text != own[-1] or (word.text in tool_stems and place < 3):
            continue
        rest = re.match(r"\s*(?:is|of|to|as|=|:|called|named)?\s+", utterance.text[word.end :])
        if rest is None:
            continue
        mark = len(utterance.used)
        value = _stretch(utterance, word.end + rest.end(), bool(_PHRASES & set(own)))
        if value and value.lower() not in _PRONOUNS and words_of(value)[0].text not in _PREPOSITIONS:
            return value
        del utterance.used[mark:]
    return ""


def _after_pattern(utterance: Utterance, pattern: re.Pattern[str]) -> str:
    position = 0
    while match := pattern.search(utterance.text, position):
        value = _stretch(utterance, match.start("value"), phrase=pattern is _SAYING)
        if value:
            return value
        position = match.start("value")
    return ""


def _after_preposition(
    utterance: Utterance, parameter: Parameter, tool_stems: frozenset[str], phrase: bool | None = None
) -> str:
    """Find the value after a preposition: "in Paris", "to Anna", "about black holes"."""
    phrase = takes_a_phrase(parameter) if phrase is None else phrase
    candidates = [
        word
        for preposition in _prepositions_for(parameter)
        for word in utterance.words
        if word.text == preposition and utterance.is_free(word.start, word.end)
    ]
    if not phrase:  # capitalised words come first
        candidates.sort(key=lambda word: not re.match(r"\s+(?:the\s+)?[^\W\d_a-z]", utterance.text[word.end :]))
    for word in candidates:
        rest = re.match(
            r"\s+(?:the\s+(?:city|town|country|topic|subject|room|word|name)\s+(?:of\s+)?)?",
            utterance.text[word.end :],
        )
        if rest is None:
            continue
        mark = len(utterance.used)
        value = _stretch(utterance, word.end + rest.end(), phrase)
        stems = {stem(one) for one in value.lower().split()}
        if not value or value.lower() in _PRONOUNS or stems <= tool_stems or not _fits(value, parameter):
            del utterance.used[mark:]
            continue
        utterance.use(word.start, word.end)
        return value
    return ""


def _fits(value: str, parameter: Parameter) -> bool:
    """Return whether a value is not too long: "for the next hour" is not a label."""
    return parameter.required or len(value.split()) <= 4


def _beside_noun(
    utterance: Utterance, parameter: Parameter, tool_words: Sequence[str], tool_stems: frozenset[str]
) -> str:
    """Find a name beside the tool's own noun: "the Einstein room", "room Turing", "a tea timer"."""
    nouns = {stem(word) for word in tool_words[1:]} | ({stem(tool_words[0])} if len(tool_words) == 1 else set())
    naming = {"name", "label", "title", "room", "tag", "kind", "type", "genre", "symbol", "id"}
    if not naming & set(parameter.words) and not {stem(word) for word in parameter.words} & nouns:
        return ""
    words = utterance.words
    for place, word in enumerate(words):
        if stem(word.text) not in nouns:
            continue
        before: list[Word] = []
        for other in reversed(words[:place]):
            gap = utterance.text[other.end : (before[0] if before else word).start]
            used = not utterance.is_free(other.start, other.end)
            known = other.text in _EDGE_WORDS or other.text in STOP_WORDS or stem(other.text) in tool_stems
            if used or known or gap.strip(" -") or other.text.isdigit() or len(before) >= 3:
                break
            before.insert(0, other)
        # The first word is the verb: "Book room Turing".
        if before and before[0].start == words[0].start:
            before = before[1:]
        if before and _has_article(utterance, before[0]):
            return _use(utterance, before[0].start, before[-1].end)
        after = words[place + 1] if place + 1 < len(words) else None
        if after is None or utterance.text[word.end : after.start].strip():
            continue
        free = utterance.is_free(after.start, after.end) and after.text not in STOP_WORDS | _PREPOSITIONS
        if (
            free
            and after.text not in _EDGE_WORDS
            and (parameter.required or utterance.text[after.start].isupper())
        ):
            return _stretch(utterance, after.start, phrase=False)
    return ""


def _has_article(utterance: Utterance, word: Word) -> bool:
    before = utterance.before(word.start, 1)
    used = any(
        high <= word.start and not utterance.text[high : word.start].strip(" -") for _, high in utterance.used
    )
    return used or bool(before and before[0] in {"the", "a", "an", "my", "our", "this", "new", "me", "another"})


def _capitalised(utterance: Utterance, tool_stems: frozenset[str]) -> str:
    """Find the first run of capitalised words that does not open a sentence."""
    words = utterance.words
    for place, word in enumerate(words):
        opening = place == 0 or utterance.text[words[place - 1].end : word.start].strip(" ,\"'“") != ""
        if opening or not _is_capital(utterance, word, tool_stems):
            continue
        last = word
        for other in words[place + 1 :]:
            gap = utterance.text[last.end : other.start]
            if gap.strip() or not utterance.text[other.start].isupper():
                break
            if not utterance.is_free(other.start, other.end):
                break
            last = other
        return _use(utterance, word.start, last.end)
    return ""


def _is_capital(utterance: Utterance, word: Word, tool_stems: frozenset[str]) -> bool:
    return (
        utterance.text[word.start].isupper()
        and word.text not in _NOT_NAMES
        and stem(word.text) not in tool_stems
        and utterance.is_free(word.start, word.end)
    )


def _prepositions_for(parameter: Parameter) -> list[str]:
    words = set(parameter.words) | {stem(word) for word in parameter.words}
    found: list[str] = []
    for names, prepositions in _ROLES:
        if words & set(names.split()):
            found += [one for one in prepositions.split() if one not in found]
    return found


def takes_a_phrase(parameter: Parameter) -> bool:
    """Return whether any words may be the value: a message, a note."""
    return bool(_PHRASES & set(parameter.words))


def _takes_a_name(parameter: Parameter, parameters: Sequence[Parameter]) -> bool:
    naming = {"name", "label", "title", "tag", "filename", "file"}
    candidates = [one for one in parameters if naming & set(one.words)]
    return parameter in candidates or (not candidates and len(parameters) == 1)


def is_name(parameter: Parameter) -> bool:
    """Return whether a parameter takes the name of a person, a place or a thing."""
    return bool(_NAMES & set(parameter.words))


def _stretch(utterance: Utterance, start: int, phrase: bool) -> str:
    """Use the unused text from `start` to the end of the clause, or of the name."""
    limit = min([low for low, _ in utterance.used if low >= start], default=len(utterance.text))
    if not utterance.is_free(start, start + 1):
        return ""
    ends = _CLAUSE_END.search(utterance.text, start, limit)
    if ends is not None:
        limit = ends.start()
    words = [word for word in utterance.words if start <= word.start and word.end <= limit]
    if not phrase:
        for place, word in enumerate(words):
            if place and word.text in _NAME_ENDS:
                words = words[:place]
                break
        words = _name_run(utterance, words)
    while words and words[-1].text in _EDGE_WORDS:
        words.pop()
    while not phrase and words and words[0].text in ("the", "a", "an", "some", "my", "our", "your"):
        words.pop(0)
    return _use(utterance, words[0].start, words[-1].end) if words else ""


def _name_run(utterance: Utterance, words: list[Word]) -> list[Word]:
    """Return only the name of words that begin with a capitalised one: "Siemens" of "Siemens cost"."""
    start = next((i for i, word in enumerate(words) if word.text not in ("the", "a", "an")), len(words))
    if start == len(words) or not utterance.text[words[start].start].isupper():
        return words
    end = start
    while end < len(words) and (
        utterance.text[words[end].start].isupper()
        or words[end].text.isdigit()
        or words[end].text in ("of", "de", "van", "von", "der", "la", "the")
    ):
        end += 1
    return words[:end]


def _use(utterance: Utterance, start: int, end: int) -> str:
    utterance.use(start, end)
    return utterance.text[start:end]


def _free_stretches(utterance: Utterance) -> list[tuple[int, int]]:
    edges = [0]
    for low, high in sorted(utterance.used):
        edges += [low, high]
    edges.append(len(utterance.text))
    return [(edges[i], edges[i + 1]) for i in range(0, len(edges), 2) if edges[i] < edges[i + 1]]


def _strip_tool_phrases(words: list[Word], tool_stems: frozenset[str], opening: bool, phrase: bool) -> list[Word]:
    """Remove words at both ends that only name the tool or mean nothing."""
    droppable = STOP_WORDS | _EDGE_WORDS
    start = 0
    named = False
    while start < len(words):
        word = words[start].text
        own = stem(word) in tool_stems
        particle = opening and start == 1 and word in _PARTICLES
        if not (own or particle or word in droppable) or (phrase and named and word in _SENTENCE_OPENINGS):
            break
        named = named or own
        start += 1
    # "Add dinner with Sarah" for create_event: another verb for what the tool does.
    if opening and not named and start < len(words) and words[start].text in REQUEST_VERBS:
        start += 1
        while start < len(words) and (words[start].text in droppable or stem(words[start].text) in tool_stems):
            start += 1
    words = words[start:]
    # "The word for butterfly": a noun that only announces words.
    if phrase and len(words) > 2 and words[0].text in _WORDS_FOR_WORDS and words[1].text in ("for", "of"):
        words = words[2:]
    # "milk to my shopping list": a tail that begins with a preposition and only names the tool.
    for place in range(1, len(words)):
        tail = words[place:]
        named = all(word.text in droppable or stem(word.text) in tool_stems for word in tail)
        if named and words[place].text in _PREPOSITIONS:
            words = words[:place]
            break
    while words and words[-1].text in _EDGE_WORDS:
        words = words[:-1]
    return words


def whole_answer(text: str) -> str:
    """Return the bare value in an answer to a question: "Paris" in "It is Paris, please"."""
    quoted = _QUOTED.search(text)
    if quoted:
        return (quoted["a"] or quoted["b"]).strip()
    core = re.sub(r"(?i)[\s,.!?]*\b(please|thanks|thank you)[\s.!?]*$", "", text.strip())
    core = re.sub(
        r"(?i)^(?:(?:oh|um+|uh+|well|okay|ok|yes|sure|so|then|please|it's|it is|that's|that is"
        r"|the (?:name|city|title) is|make it|let's say|say|i(?:'d| would) like|i(?:'d| would) say|i want|i mean"
        r"|for|in|to|into|at|on|by|from|with|about|called|named|call it|name it|use|take"
        r"|(?:tell|write) (?:him|her|them)(?: that)?|saying|that)\b[\s,:]*)+",
        "",
        core,
    )
    core = core.strip(" \t\n.,!?;:")
    return re.sub(r"(?i)^(?:the|a|an)\s+(?=\w)", "", core) if len(core.split()) <= 3 else core


def split_list(text: str) -> list[str]:
    """Return the items of a spoken list: "apples, pears and milk"."""
    parts = re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+|\s+plus\s+", text)
    items = [re.sub(r"(?i)^(?:and|some|a|an|the)\s+", "", part.strip(" .!?;:")) for part in parts]
    return [item for item in items if item]
