"""What a sender may have put where a sample has what we expect."""

from typing import Any

from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=9,
)


def spoilt(body: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    """The body, in which up to three values of one object or list, at any depth, are something else."""
    place = data.draw(st.sampled_from([part for part in _parts(body) if part]))
    keys = sorted(place) if isinstance(place, dict) else range(len(place))
    for key in data.draw(st.sets(st.sampled_from(keys), min_size=1, max_size=3)):
        place[key] = data.draw(JSON)
    return body


def _parts(value: object) -> list[Any]:
    match value:
        case dict():
            return [value, *(part for inner in value.values() for part in _parts(inner))]
        case list():
            return [value, *(part for inner in value for part in _parts(inner))]
        case _:
            return []
