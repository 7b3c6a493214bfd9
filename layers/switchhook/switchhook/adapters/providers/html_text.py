"""Turns a message's HTML into the plain text that a person would read; total, and linear in its length.

Visitors write these messages, so what they cost matters more than rare markup: the standard library's
parser takes a minute for some 200 kB of unfinished tags. Nothing is fetched or executed.
"""

import html
import re
from collections.abc import Iterator, Mapping

MOST_HTML_CHARS = 200_000
"""What is read of one message; more than this is markup around more than a Task could hold."""

MOST_TEXT_CHARS = 32_000

_BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "figcaption"),
        *("figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li"),
        *("main", "nav", "ol", "p", "pre", "section", "table", "tr", "ul"),
    }
)
_UNSEEN = frozenset({"script", "style", "template", "title"})
_SHOWN_LINKS = ("http://", "https://", "mailto:", "tel:")
_MOST_ATTRIBUTE_CHARS = 8_192

# Possessive: an unfinished tag is given up at once, not tried again from each of its characters.
_TAG = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9:-]*+)((?:\"[^\"]*+\"|'[^']*+'|[^>\"'])*+)>")
_ATTRIBUTE = re.compile(
    r"(?<![\w-])([a-z]++)\s*+=\s*+(\"[^\"]*+\"|'[^']*+'|[^\s\"'>]++)", re.IGNORECASE
)
_ENDLESS_ENTITY = re.compile(r"&#[xX]?[0-9a-fA-F]{9,}+;?")
_GAPS = re.compile(r"\n{3,}")
_WHITE = re.compile(r"\s+")


def plain_text(source: str) -> str:
    """The text of some HTML: blocks and `<br>` as lines, links as `text (url)`, entities decoded.

    Text without markup comes back as it is, but for its white space. At most 32,000 characters.
    """
    reader = _Reader()
    for tag, text in _pieces(source[:MOST_HTML_CHARS]):
        if tag is not None:
            reader.take_tag(*tag)
        reader.take_text(_decoded(text))
    reader.end_link()
    lines = (line.strip() for line in "".join(reader.parts).split("\n"))
    return _GAPS.sub("\n\n", "\n".join(lines)).strip()[:MOST_TEXT_CHARS].rstrip()


type _Tag = tuple[bool, str, str]
"""Whether it ends something, its name in lower case, its attributes as written."""


def _pieces(source: str) -> Iterator[tuple[_Tag | None, str]]:
    """Each tag with the text behind it; comments, declarations and what is never seen left out."""
    first, *rest = source.split("<")
    yield None, first
    until = ""
    for piece in rest:
        if until == "-->":
            _, end, text = piece.partition(until)
            if end:
                until = ""
                yield None, text
        elif until:
            if piece[: len(until)].casefold() == until:
                until = ""
                yield None, piece.partition(">")[2]
        elif piece.startswith("!--"):
            _, end, text = piece[3:].partition("-->")
            until = "" if end else "-->"
            yield None, text
        else:
            tag, text = _tag(piece)
            if tag is not None and not tag[0] and tag[1] in _UNSEEN:
                until = f"/{tag[1]}"
            else:
                yield tag, text


def _tag(piece: str) -> tuple[_Tag | None, str]:
    """What stands behind a `<`: a tag, a declaration, or the sign for less."""
    if found := _TAG.match(piece):
        closing, name, attributes = found.groups()
        return (bool(closing), name.casefold(), attributes), piece[found.end() :]
    if (
        piece[:1] in ("!", "?")
        or piece[:1].isalpha()
        or (piece[:1] == "/" and piece[1:2].isalpha())
    ):
        return None, piece.partition(">")[2]
    return None, f"<{piece}"


def _decoded(text: str) -> str:
    return html.unescape(_ENDLESS_ENTITY.sub("\ufffd", text)) if "&" in text else text


class _Reader:
    """Gathers what is seen; `link` is where the words since `link_at` lead.

    `is_new_line` and `is_blank` tell what a break or a space would add to.
    """

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.is_new_line = True
        self.is_blank = True
        self.link: str | None = None
        self.link_at = 0
        self.preformatted = False

    def take_text(self, text: str) -> None:
        self._say(text if self.preformatted else _WHITE.sub(" ", text))

    def take_tag(self, ends: bool, name: str, attributes: str) -> None:  # noqa: FBT001 - as in `_Tag`
        if name == "a":
            self.end_link()
            if not ends:
                self.link, self.link_at = _shown(_told(attributes).get("href")), len(self.parts)
        elif name in _BLOCKS:
            if name == "pre":
                self.preformatted = not ends
            if not self.is_new_line:
                self._say("\n")
            if name == "li" and not ends:
                self._say("- ")
        elif name == "br":
            self._say("\n")
        elif name in ("td", "th"):
            self._say(" ")
        elif name == "img":
            self._say_image(_told(attributes))

    def end_link(self) -> None:
        """Says where a link leads, unless its words have done so."""
        target, self.link = self.link, None
        if target is None:
            return
        words = "".join(self.parts[self.link_at :]).strip()
        if not _same(words, target):
            self._say(f" ({target})" if words else target)

    def _say(self, text: str) -> None:
        """Blanks next to each other are one, and those that begin a line none."""
        said = text.lstrip(" ") if self.is_blank and not self.preformatted else text
        if said:
            self.parts.append(said)
            self.is_new_line = said.endswith("\n")
            self.is_blank = said[-1].isspace()

    def _say_image(self, told: Mapping[str, str]) -> None:
        source = _shown(told.get("src"))
        words = _WHITE.sub(" ", told.get("alt", "")).strip()
        self._say(" ".join(part for part in (words, source and f"({source})") if part))


def _told(attributes: str) -> Mapping[str, str]:
    found = _ATTRIBUTE.findall(attributes[:_MOST_ATTRIBUTE_CHARS])
    return {name.casefold(): _decoded(value.strip("\"'")) for name, value in found}


def _shown(link: str | None) -> str | None:
    """A link that leads somewhere a reader may go."""
    target = _WHITE.sub("", link or "")
    return target if target.casefold().startswith(_SHOWN_LINKS) else None


def _same(words: str, target: str) -> bool:
    """Whether a link's words already say where it leads."""
    bare = re.sub(r"^(https?://|mailto:|tel:)", "", target.casefold()).rstrip("/")
    return words.casefold() == target.casefold() or words.casefold().rstrip("/") == bare
