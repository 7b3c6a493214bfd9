"""A server of files on this machine, over https with an authority of its own."""

from collections.abc import Iterator

import pytest

from builders.file_server import FileServer, serving
from orgsim.tls import Certificates, make_certificates


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def files(certificates: Certificates) -> Iterator[FileServer]:
    with serving(certificates) as server:
        yield server
