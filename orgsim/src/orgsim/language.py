"""Says an org's refusals in the language of its API user.

Error codes never change with the language; clients that read the sentences are caught out by it.
"""

import re
from types import MappingProxyType

__all__ = ["translate"]

_GERMAN = MappingProxyType(
    {
        r"Required fields are missing: (.*)": r"Pflichtfelder fehlen: \1",
        r"(.*): data value too large: (.*) \(max length=(\d+)\)": (
            r"\1: Datenwert zu groß: \2 (maximale Länge=\3)"
        ),
        r"(.*): invalid email address: (.*)": r"\1: ungültige E-Mail-Adresse: \2",
        r"(.*): bad value for restricted picklist field: (.*)": (
            r"\1: ungültiger Wert für eingeschränktes Auswahllistenfeld: \2"
        ),
        r"(.*): id value of incorrect type: (.*)": r"\1: ID-Wert mit falschem Typ: \2",
        r"invalid cross reference id": r"ungültige Querverweis-ID",
        r"entity is deleted": r"Datensatz ist gelöscht",
        r"duplicate value found: (\S+) duplicates value on record with id: (\S+)": (
            r"doppelter Wert gefunden: \1 dupliziert den Wert im Datensatz mit der ID: \2"
        ),
        r"Session expired or invalid": r"Sitzung abgelaufen oder ungültig",
        r"The requested resource does not exist": r"Die angeforderte Ressource ist nicht vorhanden",
        r"Use one of these records\?": r"Möchten Sie einen dieser Datensätze verwenden?",
    }
)
_PATTERNS = tuple((re.compile(pattern, re.DOTALL), words) for pattern, words in _GERMAN.items())


def translate(message: str, language: str) -> str:
    """Return a refusal's sentence in `language`; what has no translation stays English."""
    if language == "de":
        for pattern, words in _PATTERNS:
            if pattern.fullmatch(message):
                return pattern.sub(words, message, count=1)
    return message
