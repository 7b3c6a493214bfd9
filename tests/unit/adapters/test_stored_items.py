"""What a release has stored is read, and still stored like that, whatever the code has become.

The files hold what lay in the tables when a kind was first stored; see `builders.stored_items`.
"""

import pytest

from builders.stored_items import (
    FOLDER,
    READ,
    empty_tables,
    golden,
    put_back,
    stored,
    write_samples,
)


@pytest.fixture(scope="module")
def written():
    """What the code of today stores, by kind."""
    with empty_tables() as at:
        write_samples(at)
        return stored(at)


@pytest.fixture(scope="module")
def filled(written):
    """Tables with every item that the files hold; only one set of tables can be there at a time."""
    assert written
    with empty_tables() as at:
        for kind in READ:
            put_back(at, golden(kind))
        yield at


def test_every_kind_of_item_has_its_file_and_every_file_is_read(written):
    assert set(READ) == set(written) == {path.stem for path in FOLDER.iterdir()}


@pytest.mark.parametrize("kind", sorted(READ))
def test_what_was_stored_is_read_as_it_was(filled, kind):
    read, sample = READ[kind]

    assert read(filled) == sample


@pytest.mark.parametrize("kind", sorted(READ))
def test_it_is_still_stored_like_that(written, kind):
    assert written[kind] == golden(kind)
