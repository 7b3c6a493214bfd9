"""Makes text from outside harmless wherever a field is shown, printed as HTML or exported as a table."""

import re

from switchhook.domain.plain_text import clean, one_line

_ADDRESS = r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}>"
_TAG_BEGIN = re.compile(rf"<(?=[A-Za-z/!?])(?!{_ADDRESS})")
_FORMULA_BEGIN = ("=", "+", "-", "@")

TELEPHONE = re.compile(r"\+?[0-9][0-9 ().\-/]*(?:x[0-9]+)?", re.ASCII)
"""What looks like a telephone number, however it is grouped."""


def without_tags(text: str) -> str:
    """Writes a single quotation bracket for each < that could begin an HTML tag.

    An e-mail address in angle brackets stays: it has no room for a tag's name or attributes.
    """
    return _TAG_BEGIN.sub("\u2039", text) if "<" in text else text


def safe_line(text: str | None, *, limit: int) -> str:
    """Cleans text from outside into one line that is no HTML and holds no invisible character."""
    return without_tags(one_line(text, limit=limit))


def safe_lines(text: str | None, *, limit: int, indent: str) -> str:
    """Cleans text of several lines; all but the first are indented, so that none can pose as a label."""
    cleaned = without_tags(clean(text or "", limit=limit)).strip()
    return cleaned.replace("\n", f"\n{indent}")


def guarded(text: str) -> str:
    """Puts an apostrophe before what a spreadsheet would run as a formula.

    That is what begins with = + - or @, as the Open Web Application Security Project lists it; tabs
    and line ends, which it lists as well, are no longer there in cleaned text. Telephone numbers begin
    with a plus and are left as they are.
    """
    if text.startswith(_FORMULA_BEGIN) and not TELEPHONE.fullmatch(text):
        return f"'{text}"
    return text
