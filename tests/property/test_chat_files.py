"""Names of files hold whatever their senders wrote."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.domain.activity import Mode, Slot, SlotKind, SlotState, slot_key
from switchhook.domain.chats.files import FileLimits, note_lines, path_of, planned, safe_name
from switchhook.domain.facts.chat import ChatFile
from switchhook.domain.text import width

LIMITS = FileLimits()
SLOT = Slot(
    number=1,
    key=slot_key(activity="a", kind=SlotKind.CASE, number=1),
    kind=SlotKind.CASE,
    mode=Mode.PACKAGE_FREE,
    parties=(),
    state=SlotState.APPLIED,
    salesforce_id="500000000000001AAA",
)
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
FILES = st.lists(
    st.builds(
        ChatFile,
        url=st.text(min_size=1, max_size=300),
        name=st.none() | st.text(max_size=400),
        content_type=st.none() | st.text(max_size=40) | st.sampled_from(["image/png", "text/html"]),
        size_bytes=st.none() | st.integers(min_value=0),
    ),
    max_size=30,
)


@given(name=st.text())
def test_a_safe_name_is_one_plain_name(name: str):
    safe = safe_name(name)

    assert re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", safe)
    assert ".." not in safe
    assert safe_name(safe) == safe


@pytest.mark.rule("CX-56")
@given(files=FILES, has_transcript=st.booleans())
def test_every_file_is_listed_once_under_a_path_of_its_own(
    files: list[ChatFile], *, has_transcript: bool
):
    listed = planned(SLOT, files, has_transcript=has_transcript, limits=LIMITS)

    assert len({file.path for file in listed}) == len(listed)
    assert [file.number for file in listed] == list(range(1, len(listed) + 1))
    urls = {file.url for file in files} | ({None} if has_transcript else set())
    assert {file.url for file in listed} == urls
    for file in listed:
        assert file.path == path_of(SLOT.key, file.number, file.name)
        assert 0 < width(file.name) <= 255
        assert not UNSEEN.search(file.name)


@given(files=FILES)
def test_no_note_is_more_than_one_short_line_without_markup(files: list[ChatFile]):
    notes = note_lines(planned(SLOT, files, has_transcript=False, limits=LIMITS))

    for note in notes:
        assert note.startswith("Attachment: ")
        assert "\n" not in note
        assert len(note) < 2_000
        assert not re.search(r"<[A-Za-z/!?]", note)
