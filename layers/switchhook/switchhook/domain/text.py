"""Makes foreign text fit for a Salesforce field: clean, never too long, cut where it is seen.

It does no harm wherever a field is shown, printed as HTML or exported as a table.
"""

import re
from collections.abc import Iterable, Sequence

MARK = "… [cut]"
"""What stands where text was cut."""

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]+"
)
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_SPACES = re.compile(r"\s+")
_READ_AT_MOST = 4


def width(text: str) -> int:
    """Counts characters as Salesforce's Java does: one beyond the basic plane (an emoji) is two."""
    if text.isascii():
        return len(text)
    return len(text) + sum(1 for _ in _ASTRAL.finditer(text))


def clean(text: str, *, limit: int) -> str:
    """Removes control and bidirectional marks but newline and tab, and replaces lone surrogates.

    Text that cannot fit `limit` however much is removed is not read to its end, so that the work is
    bounded; what is left is then still longer than `limit`, for `cut` to mark.
    """
    read = text[: _READ_AT_MOST * limit]
    if len(read) == len(text) and text.isascii() and text.isprintable():
        return text
    cleaned = _SURROGATES.sub("\ufffd", _INVISIBLE.sub("", _LINE_ENDS.sub("\n", read)))
    if len(read) < len(text) and len(cleaned) <= limit:
        return cut(cleaned + MARK, limit)
    return cleaned


def one_line(text: str | None, *, limit: int) -> str:
    """Cleans text and writes it in one line, so that it can pose as no other line."""
    return _SPACES.sub(" ", clean(text or "", limit=limit)).strip()


def cut(text: str, limit: int) -> str:
    """Cuts text to `limit` characters, with a visible mark where something is missing."""
    if len(text) <= limit and width(text) <= limit:
        return text
    room = limit - len(MARK)
    if room < 0:
        return text[:limit] if width(text[:limit]) <= limit else ""
    kept = text[:room]
    while (over := width(kept) - room) > 0:
        # Each character dropped frees one or two; dropping half of the excess never drops too much.
        kept = kept[: len(kept) - (over + 1) // 2]
    return kept.rstrip() + MARK


def joined(parts: Iterable[str], between: str, *, limit: int) -> str:
    """Joins the parts that are not empty, and stops once nothing more can fit into `limit`."""
    taken: list[str] = []
    length = 0
    for part in parts:
        if not part:
            continue
        taken.append(part)
        length += len(part) + len(between)
        if length > limit + len(between):
            break
    return between.join(taken)


def labelled(lines: Sequence[tuple[str, str]], *, limit: int) -> str:
    """Writes "Label: value" lines that fit `limit` together.

    Lines without a value are left out. When the lines are too long, the longest values are cut to a
    common length, so that no label and no short value is lost.
    """
    stated = [(label, value) for label, value in lines if value]
    room = limit - sum(width(label) + 3 for label, _ in stated)
    share_chars = share([width(value) for _, value in stated], room)
    return "\n".join(f"{label}: {cut(value, share_chars)}" for label, value in stated)


def share(widths: Sequence[int], room: int) -> int:
    """Finds the greatest length to which values can be cut so that all fit into `room`."""
    for index, value_width in enumerate(sorted(widths)):
        longer = len(widths) - index
        if value_width * longer > room:
            return max(room // longer, 0)
        room -= value_width
    return max(widths, default=0)


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
