"""Writes docs/settings.md from the code: every setting, its value in each preset, and why.

`python -m local.settings_page` prints the page; a test holds the file to it.
"""

import json
from collections.abc import Iterator

from switchhook.domain.settings.presets import PRESETS
from switchhook.domain.settings.reading import resolve, shown_leaves
from switchhook.domain.settings.why import WHY

_OWN = ("preset", "default_region", "time_zone")

_HEAD = """\
# Settings and presets

Every setting of a tenant, what each preset makes of it, and the rules behind it. A tenant starts from a preset and
changes setting by setting (`PATCH /v1/tenants/{t}/settings`); null goes back to the preset's value. Values that differ
from `standard` are bold. Made from the code by `make docs`.

Not in the table: `preset` itself, and `default_region` and `time_zone`, which each tenant brings. What a preset sets
under `chats` decides what becomes of chats.
"""


def page() -> str:
    """The whole page."""
    values = {preset: _values(preset) for preset in PRESETS}
    lines = [
        _HEAD,
        _row(("setting", *PRESETS, "rules", "decides")),
        _row(["---"] * (len(PRESETS) + 3)),
    ]
    lines += [_setting(star, values) for star in WHY if star not in _OWN]
    return "\n".join([*lines, "", *_subjects(values["standard"])]) + "\n"


def _values(preset: str) -> dict[str, object]:
    settings = resolve({"preset": preset, "default_region": "US", "time_zone": "UTC"}, version=1)
    return shown_leaves(settings)


def _setting(star: str, values: dict[str, dict[str, object]]) -> str:
    shown = {preset: _shown(star, of_preset) for preset, of_preset in values.items()}
    cells = [text if text == shown["standard"] else f"**{text}**" for text in shown.values()]
    reason = WHY[star]
    return _row((f"`{star}`", *cells, " ".join(reason.rules), reason.text))


def _shown(star: str, values: dict[str, object]) -> str:
    if not star.endswith("*"):
        return _text(values.get(star))
    if star.startswith("templates."):
        return "see below"
    below = {name: value for name, value in values.items() if name.startswith(star[:-1])}
    if len(set(map(str, below.values()))) == 1:
        return f"{_text(next(iter(below.values())))} for each"
    return "<br>".join(f"{name.rpartition('.')[2]}: {_text(v)}" for name, v in below.items())


def _text(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return value
        case list():
            return ", ".join(map(str, value)) or "none"
        case dict():
            return "<br>".join(f"{k}: {', '.join(e['by'] for e in v)}" for k, v in value.items())
    return json.dumps(value)


def _subjects(values: dict[str, object]) -> Iterator[str]:
    yield "## Subjects as shipped"
    yield ""
    yield "A subject is one line in which `{who}` and the like are filled in; the same in every preset."
    yield ""
    yield _row(("setting", "text"))
    yield _row(("---", "---"))
    for name, value in values.items():
        if name.startswith("templates."):
            yield _row((f"`{name}`", str(value)))


def _row(cells: "tuple[str, ...] | list[str]") -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(page(), end="")
