"""Tags that come, go and come again: no order of arrival and no repetition changes what stands."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from builders.calls import START
from switchhook.domain.calls.merging import merge_events
from switchhook.domain.facts.event import CallFacts, Event, Kind

TAGS = st.lists(st.sampled_from(["a", "b", "c"]), unique=True, max_size=3).map(tuple)
EVENTS = st.lists(
    st.builds(
        lambda number, at_s, held_s, whole, tags: Event(
            event_id=f"e-{number}",
            kind=Kind.CALL,
            type="call.tagged",
            ended=False,
            occurred_at=START + timedelta(seconds=at_s),
            received_at=START,
            held_s=held_s,
            whole_tags=whole,
            call=CallFacts(tags=tags),
        ),
        st.integers(1, 9),
        st.integers(0, 3),
        st.sampled_from([0, 60]),
        st.booleans(),
        TAGS,
    ),
    max_size=6,
    unique_by=lambda event: event.event_id,
)


@given(events=EVENTS, data=st.data())
def test_tags_do_not_depend_on_the_order_of_arrival(events: list[Event], data: st.DataObject):
    shuffled = data.draw(st.permutations([*events, *events]))

    assert merge_events(events).tags == merge_events(shuffled).tags


@given(events=EVENTS, tags=TAGS)
def test_the_latest_whole_list_is_all_that_stands(events: list[Event], tags: tuple[str, ...]):
    last = Event(
        event_id="last",
        kind=Kind.CALL,
        type="call.untagged",
        ended=False,
        occurred_at=START + timedelta(seconds=9),
        received_at=START,
        whole_tags=True,
        call=CallFacts(tags=tags),
    )

    assert merge_events((*events, last)).tags == tags
