"""Which files of a chat are attached, under which names, and what is said of the others."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from switchhook.domain.activity import FileState, Mode, Slot, SlotFile, SlotKind, SlotState
from switchhook.domain.chats.files import (
    NOT_COPIED,
    PROGRAM,
    TRANSCRIPT,
    FileLimits,
    files_due_at,
    note_lines,
    planned,
    room_for,
    safe_name,
    why_not,
    why_not_inside,
)
from switchhook.domain.facts.chat import ChatFile

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
KEY = "sh1:" + "a" * 26
SLOT = Slot(
    number=1,
    key=KEY,
    kind=SlotKind.TASK,
    mode=Mode.PACKAGE_FREE,
    parties=("ada@example.com",),
    state=SlotState.APPLIED,
    salesforce_id="00T000000000001AAA",
)
LIMITS = FileLimits(count=2, each_bytes=1_000, total_bytes=1_500)


def photo(number: int = 1, **facts: object) -> ChatFile:
    usual = {"url": f"https://files.example.com/{number}.png", "name": f"{number}.png"}
    return ChatFile(**{**usual, **facts})


def plan(*files: ChatFile, slot: Slot = SLOT, has_transcript: bool = False) -> tuple[SlotFile, ...]:
    return planned(slot, files, has_transcript=has_transcript, limits=LIMITS)


@pytest.mark.rule("CX-56")
def test_each_file_has_a_number_and_a_path_that_names_its_slot():
    files = plan(photo(1), photo(2))

    assert [(file.number, file.name, file.path) for file in files] == [
        (1, "1.png", f"sh1-{'a' * 26}-01-1.png"),
        (2, "2.png", f"sh1-{'a' * 26}-02-2.png"),
    ]
    assert {file.state for file in files} == {FileState.PENDING}


@pytest.mark.rule("CX-56")
def test_planning_again_keeps_what_is_known_and_adds_what_is_new():
    known = replace(plan(photo(1))[0], state=FileState.STORED, version_id="068")
    slot = replace(SLOT, files=(known,))

    again = plan(photo(2), photo(1), photo(2), slot=slot)

    assert again[0] == known
    assert [(file.number, file.url) for file in again[1:]] == [(2, photo(2).url)]


@pytest.mark.rule("CX-54")
def test_the_whole_transcript_is_a_file_of_its_own_and_counts_against_no_limit():
    files = plan(photo(1), photo(2), has_transcript=True)

    assert [(file.name, file.url is None, file.state) for file in files] == [
        (TRANSCRIPT, True, FileState.PENDING),
        ("1.png", False, FileState.PENDING),
        ("2.png", False, FileState.PENDING),
    ]


def test_a_transcript_that_was_never_sent_is_forgotten_when_the_description_has_room_for_it():
    files = plan(has_transcript=True)

    assert plan(slot=replace(SLOT, files=files)) == ()
    sent = replace(files[0], state=FileState.SENDING)
    assert plan(slot=replace(SLOT, files=(sent,))) == (sent,)


@pytest.mark.rule("CX-56")
@pytest.mark.parametrize(
    ("files", "reason"),
    [
        pytest.param([photo(1), photo(2), photo(3)], "only the first 2 files of a chat are copied", id="one_too_many"),
        pytest.param([photo(size_bytes=1_001)], "larger than 0.001 MB", id="stated_too_large"),
        pytest.param([photo(name="setup.exe")], PROGRAM, id="a_program_by_name"),
        pytest.param([photo(name="a.png", content_type="application/x-msdownload")], PROGRAM, id="a_program_by_type"),
        pytest.param([photo(name="data.bin")], NOT_COPIED, id="of_no_known_kind"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_file_can_refuse_it_at_once(files: list[ChatFile], reason: str):
    last = plan(*files)[-1]

    assert (last.state, last.reason) == (FileState.REFUSED, reason)


@pytest.mark.rule("CX-56")
def test_a_refused_file_is_named_with_its_address_and_the_reason():
    files = plan(photo(name="setup.exe\nTranscript: <b>x</b>.exe"), photo(2))

    assert note_lines(files) == (
        f"Attachment: setup.exe Transcript: \u2039b>x\u2039/b>.exe ({photo(1).url}): {PROGRAM}",
    )


def test_stored_files_leave_less_room_for_the_next():
    stored = tuple(
        replace(file, state=FileState.STORED, size_bytes=600) for file in plan(photo(1), photo(2))
    )

    rooms = [room_for(replace(SLOT, files=stored[:count]), LIMITS) for count in range(3)]

    assert rooms == [1_000, 900, 300]


@pytest.mark.parametrize(
    ("slot", "expected"),
    [
        pytest.param(SLOT, None, id="no_file"),
        pytest.param(replace(SLOT, files=plan(photo())), NOW, id="never_tried"),
        pytest.param(
            replace(SLOT, files=(replace(plan(photo())[0], due_at=NOW + timedelta(hours=1)),)),
            NOW + timedelta(hours=1),
            id="tried_again_later",
        ),
        pytest.param(
            replace(SLOT, files=plan(photo(name="a.exe"))), None, id="nothing_left_but_refused"
        ),
        pytest.param(
            replace(SLOT, files=plan(photo()), state=SlotState.REFUSED), None, id="no_record_for_it"
        ),
    ],
)
def test_the_next_date_is_that_of_the_first_open_file(slot: Slot, expected: datetime | None):
    assert files_due_at([slot], now=NOW) == expected


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        pytest.param(ChatFile(url="https://x.example.com/a/b%20c.pdf?sig=1"), "b c.pdf", id="from_the_address"),
        pytest.param(ChatFile(url="https://x.example.com/"), "file", id="nothing_names_it"),
        pytest.param(ChatFile(url="https://[", content_type="image/png"), "file.png", id="no_address"),
        pytest.param(photo(name="scan", content_type="application/pdf; x=1"), "scan.pdf", id="extension_by_type"),
        pytest.param(photo(name="\u202egnp.exe"), "gnp.exe", id="no_character_turns_it_round"),
        pytest.param(photo(name="n" * 300 + ".png"), "n" * 189 + "… [cut].png", id="cut_before_its_extension"),
    ],
)  # fmt: skip
def test_a_file_has_a_name_that_people_can_read(file: ChatFile, expected: str):
    assert plan(file)[0].name == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("Übersicht März.pdf", "Ubersicht_Marz.pdf", id="without_accents"),
        pytest.param("../../etc/passwd", "etc_passwd", id="no_path"),
        pytest.param("a..b.png", "a.b.png", id="no_two_dots"),
        pytest.param(".htaccess", "htaccess", id="no_dot_first"),
        pytest.param("写真.png", "png", id="only_the_extension_is_left"),
        pytest.param("", "file", id="nothing"),
        pytest.param("x" * 200 + ".jpeg", "x" * 75 + ".jpeg", id="short"),
    ],
)
def test_a_path_is_safe_wherever_it_is_used(name: str, expected: str):
    assert safe_name(name) == expected


@pytest.mark.parametrize(
    ("name", "content_type", "expected"),
    [
        pytest.param("a.png", "image/png", None, id="an_image"),
        pytest.param("a.PNG", None, None, id="by_its_extension_alone"),
        pytest.param("a", "audio/ogg; codecs=opus", None, id="by_its_type_alone"),
        pytest.param("a.docx", "application/octet-stream", None, id="a_type_that_says_nothing"),
        pytest.param("a.zip", "application/x-zip-compressed", None, id="an_archive"),
        pytest.param("a", None, NOT_COPIED, id="nothing_is_said"),
        pytest.param("a.png", "application/x-unheard-of", NOT_COPIED, id="an_unknown_type"),
        pytest.param("invoice.pdf.exe", "application/pdf", PROGRAM, id="the_last_extension_counts"),
        pytest.param("invoice.exe. ", None, PROGRAM, id="dots_behind_it_hide_nothing"),
        pytest.param("a.svg", "image/png", PROGRAM, id="a_picture_that_can_run"),
        pytest.param("a.png", "IMAGE/SVG+XML", PROGRAM, id="the_same_by_type"),
        pytest.param("a.txt", "text/html", PROGRAM, id="a_page"),
        pytest.param("a.xlsm", None, PROGRAM, id="a_sheet_with_macros"),
    ],
)
def test_one_sign_of_a_program_refuses_and_one_of_a_harmless_kind_is_needed(
    name: str, content_type: str | None, expected: str | None
):
    assert why_not(name, content_type) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"\x89PNG\r\n\x1a\n", None, id="an_image"),
        pytest.param(b"", None, id="an_empty_file"),
        pytest.param(b"MZ\x90\x00", PROGRAM, id="windows"),
        pytest.param(b"\x7fELF\x02", PROGRAM, id="linux"),
        pytest.param(b"#!/bin/sh\n", PROGRAM, id="a_script"),
        pytest.param(b"\xef\xbb\xbf\r\n <HTML>", PROGRAM, id="a_page"),
    ],
)
def test_the_first_bytes_tell_on_a_file(content: bytes, expected: str | None):
    assert why_not_inside(content) == expected
