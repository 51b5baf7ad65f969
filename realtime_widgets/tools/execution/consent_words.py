"""Which few words of the user are a yes or a no to a tool's call, by one small table for each language. Pure.

The whole utterance has to be such words, all for the same answer and in one language, and no question: "yes, go
ahead" is a yes; "yes but wait", "yes, no" and "ok?" are ordinary messages.
"""

from __future__ import annotations

import re
import unicodedata

#: Phrases that allow, and phrases that refuse, in lower case without punctuation.
_PHRASES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "English": (
        (
            "yes",
            "yeah",
            "yep",
            "ok",
            "okay",
            "sure",
            "go ahead",
            "do it",
            "allow",
            "allow it",
            "i allow it",
            "i agree",
            "approve",
            "approved",
        ),
        (
            "no",
            "nope",
            "don't",
            "do not",
            "don't do it",
            "do not do it",
            "don't allow it",
            "do not allow it",
            "stop",
            "stop it",
            "refuse",
            "refused",
            "deny",
            "denied",
            "i refuse",
            "no way",
        ),
    ),
    "German": (
        (
            "ja",
            "jawohl",
            "ok",
            "okay",
            "in ordnung",
            "mach das",
            "mach es",
            "nur zu",
            "erlaubt",
            "erlauben",
            "ich erlaube es",
            "genehmigt",
            "einverstanden",
        ),
        (
            "nein",
            "nee",
            "nicht",
            "stopp",
            "stop",
            "halt",
            "lass das",
            "lass es",
            "ablehnen",
            "abgelehnt",
            "verweigern",
            "nicht erlauben",
            "auf keinen fall",
        ),
    ),
    "French": (
        ("oui", "ok", "okay", "d'accord", "vas-y", "allez-y", "autoriser", "je l'autorise", "j'autorise"),
        (
            "non",
            "stop",
            "arrête",
            "arrêtez",
            "refuser",
            "refusé",
            "je refuse",
            "ne le fais pas",
            "ne le faites pas",
            "surtout pas",
        ),
    ),
    "Spanish": (
        ("sí", "si", "ok", "okay", "vale", "de acuerdo", "adelante", "hazlo", "permitir", "lo permito"),
        ("no", "para", "detente", "alto", "stop", "rechazar", "lo rechazo", "no lo hagas", "no lo permito"),
    ),
}
#: Phrases that cancel what runs.
_CANCEL = {
    "English": ("cancel", "cancel it", "cancel that", "cancel the call", "cancel everything", "abort"),
    "German": ("abbrechen", "brich ab", "brich das ab", "abbruch"),
    "French": ("annule", "annulez", "annuler", "annule tout"),
    "Spanish": ("cancela", "cancelar", "cancélalo", "cancela todo"),
}
#: What may stand beside them and says nothing.
_POLITE = {
    "English": ("please", "thanks", "thank you"),
    "German": ("bitte", "danke"),
    "French": ("s'il te plaît", "s'il vous plaît", "merci"),
    "Spanish": ("por favor", "gracias"),
}
#: Refusals that would turn a phrase after them round ("don't stop").
_NEGATORS = (["don't"], ["do", "not"], ["nicht"])
#: An utterance of more words is an ordinary message, whatever it says.
MAX_WORDS = 8
_PUNCTUATION = r"[.,!¡;:…\"“”«»]+"


def read_answer(utterance: str) -> bool | None:
    """Return True if a whole utterance allows, False if it refuses, None if it is anything else."""
    words = _words(utterance)
    if not words or len(words) > MAX_WORDS:
        return None
    for answer in (False, True):
        for language, phrases in _PHRASES.items():
            polite = [_words(phrase) for phrase in _POLITE[language]]
            meaning = [_words(phrase) for phrase in phrases[0 if answer else 1]]
            if _consists(words, meaning, polite):
                return answer
    return None


def cancels(utterance: str) -> bool:
    """Whether a whole utterance wants what runs to be cancelled."""
    words = _words(utterance)
    if not words or len(words) > MAX_WORDS:
        return False
    return any(
        _consists(words, [_words(phrase) for phrase in phrases], [_words(each) for each in _POLITE[language]])
        for language, phrases in _CANCEL.items()
    )


def _words(text: str) -> list[str]:
    """Return the words of a text; none if it asks something."""
    if "?" in text or "¿" in text:
        return []
    plain = unicodedata.normalize("NFC", text).casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return re.sub(_PUNCTUATION, " ", plain).split()


def _consists(words: list[str], meaning: list[list[str]], polite: list[list[str]]) -> bool:
    """Whether words are phrases of `meaning`, one at least, and of `polite`, and nothing else."""
    #: Places that such phrases reach, and what was said by then: nothing, an answer, one that must be the last.
    reached = {(0, "nothing")}
    for place in range(len(words)):
        for said in ("nothing", "answer", "last"):
            if (place, said) not in reached:
                continue
            for phrase in polite:
                if words[place : place + len(phrase)] == phrase:
                    reached.add((place + len(phrase), said))
            for phrase in meaning if said != "last" else ():
                if words[place : place + len(phrase)] == phrase:
                    reached.add((place + len(phrase), "last" if phrase in _NEGATORS else "answer"))
    return not reached.isdisjoint({(len(words), "answer"), (len(words), "last")})
