"""A running org and a client that speaks plain HTTP to it."""

from tests.contract.orgsim.rest.conftest import clock, rest, server

__all__ = ["clock", "rest", "server"]
