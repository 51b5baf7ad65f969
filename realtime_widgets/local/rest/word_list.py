"""A list of phrases by the service's moderation categories: no classifier, and blind to everything else. Pure."""

from __future__ import annotations

import re

#: Name under which answers tell what judged: never that of a classifier.
WORD_LIST_MODEL = "local-word-list"
#: Regular expressions of whole words, by category; a category without any is never found here.
_PHRASES: dict[str, tuple[str, ...]] = {
    "harassment": (
        r"(you are|you're|you) (a |an |such an? )?(idiot|moron|loser|imbecile|worthless|pathetic)",
        r"shut (the \w+ )?up,? (you )?(idiot|moron|loser)",
        r"nobody (likes|loves|wants) you",
    ),
    "harassment/threatening": (
        r"(i will|i'll|i'm going to|i am going to|we will|we'll) (kill|hurt|stab|shoot|beat|find) you",
        r"you (will|are going to) (regret this|die)",
    ),
    "hate": (
        r"(all|those|these) (immigrants|foreigners|jews|muslims|christians|gays|women) (are|should be) "
        r"(vermin|animals|inferior|scum|parasites|subhuman)",
        r"(white|racial|male) supremacy (is right|now|forever)",
    ),
    "hate/threatening": (
        r"(kill|gas|exterminate|shoot|lynch) (all )?(the )?"
        r"(immigrants|foreigners|jews|muslims|christians|gays|women)",
    ),
    "illicit": (
        r"how (do i|can i|to) (steal|shoplift|launder money|pick a lock|hack into|forge|cook meth|make meth)\b",
        r"(buy|sell|make) (stolen|counterfeit|illegal) \w+",
    ),
    "illicit/violent": (
        r"how (do i|can i|to) (make|build) (a |an )?(\w+ )?(bomb|explosives?|grenade|ghost gun)",
        r"how (do i|can i|to) (poison|murder|kill) (somebody|someone|a person|people|my \w+)",
    ),
    "self-harm": (
        r"(kill|hurt|harm|cut|cutting|killing|hurting|harming) (myself|yourself)",
        r"suicid(e|al)",
        r"(end|ending) (my|your) (own )?life",
    ),
    "self-harm/intent": (
        r"(i want to|i'm going to|i am going to|i will|i'll) (die|kill myself|hurt myself|end my life|end it all)",
    ),
    "self-harm/instructions": (
        r"(how (do i|can i|to)|(best|painless) ways? to) (kill myself|kill yourself|commit suicide|hurt myself)",
    ),
    "sexual": (r"\b(porn|pornography|explicit sex|blow ?job|naked (pictures|photos) of)",),
    "sexual/minors": (
        r"(child|kiddie|underage) (porn|pornography|sex|nudes)",
        r"(sex|nudes|naked) (\w+ )?(with|of) (a )?(child|children|minors?|underage)",
    ),
    "violence": (
        r"(kill|murder|stab|shoot|behead|massacre|strangle|torture)(s|ed|ing)? "
        r"(him|her|them|you|people|everyone|everybody|someone|somebody)",
    ),
    "violence/graphic": (
        r"(blood|guts|brains|entrails) (\w+ )?(splattered|everywhere|spilling|spilled|pouring)",
        r"(dismember|disembowel|decapitat|mutilat)\w*",
    ),
}
#: Categories that are found along with another: who threatens also harasses, and so on.
_IMPLIED = {
    "harassment/threatening": ("harassment", "violence"),
    "hate/threatening": ("hate", "violence"),
    "illicit/violent": ("illicit",),
    "self-harm/intent": ("self-harm",),
    "self-harm/instructions": ("self-harm",),
    "sexual/minors": ("sexual",),
    "violence/graphic": ("violence",),
}
CATEGORIES = tuple(_PHRASES)
_FOUND = {
    category: re.compile(rf"(?<!\w)(?:{'|'.join(phrases)})(?!\w)", re.IGNORECASE)
    for category, phrases in _PHRASES.items()
}


def found_categories(text: str) -> set[str]:
    """Return the categories of which `text` holds a phrase, with those that they imply."""
    plain = re.sub(r"\s+", " ", text.replace("\u2019", "'"))
    found = {category for category, phrases in _FOUND.items() if phrases.search(plain)}
    return found.union(*(_IMPLIED.get(category, ()) for category in found))
