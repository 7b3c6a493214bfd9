"""Fetches a chat's file from where it lies, as far as it may be copied (CX-56)."""

from switchhook.domain.activity import Slot, SlotFile
from switchhook.domain.chats.files import room_for, too_large, why_not, why_not_inside
from switchhook.domain.errors import Permanent, Retryable
from switchhook.ports.org import FetchedFile
from switchhook.usecases.record.world import Files, Run

REDIRECTS_ALLOWED = 3
FETCH_AT_MOST_S = 15.0
FETCH_AT_LEAST_S = 3.0


def has_time_to_fetch(run: Run) -> bool:
    """Whether a file that is fetched now can still be uploaded in this run."""
    return _left_s(run) >= FETCH_AT_LEAST_S


def _left_s(run: Run) -> float:
    """Seconds that may go by before an upload must begin."""
    return run.clock.remaining_s() - run.timing.send_needs_s


def bytes_of(
    slot: Slot, file: SlotFile, whole_transcript: str | None, run: Run, files: Files
) -> bytes:
    """The bytes to store; of a file without an address those of the transcript.

    Raises:
        Permanent: it cannot be copied; the message is the reason.
        Retryable: it cannot be had now.
    """
    if file.url is None:
        return (whole_transcript or "").encode("utf-8", "replace")
    room = room_for(slot, files.limits)
    if room == 0:
        words = f"together with the files before it {too_large(files.limits.total_bytes)}"
        raise Permanent(words, code="no_room")
    fetched = _fetched(file.url, room, run, files)
    why = why_not(file.name, fetched.content_type) or why_not_inside(fetched.content)
    if why is not None:
        raise Permanent(why, code="kind")
    return fetched.content


def _fetched(url: str, most_bytes: int, run: Run, files: Files) -> FetchedFile:
    """The file, wherever it has moved; each address on the way is judged like the first."""
    for _ in range(1 + REDIRECTS_ALLOWED):
        within_s = min(FETCH_AT_MOST_S, _left_s(run))
        if within_s < FETCH_AT_LEAST_S:
            raise Retryable("its server took too long", code="time", after_s=0)
        got = files.fetcher.fetch(url, most_bytes=most_bytes, within_s=within_s)
        if isinstance(got, FetchedFile):
            return got
        url = got.url
    raise Permanent("its address leads on to others without an end", code="moved_too_often")
