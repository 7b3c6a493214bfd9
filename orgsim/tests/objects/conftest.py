"""The running org and client that the REST tests use too."""

from rest.conftest import clock, rest, server

__all__ = ["clock", "rest", "server"]
