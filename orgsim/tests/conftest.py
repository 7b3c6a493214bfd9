"""What all of orgsim's tests share."""

from replay.tally import pytest_terminal_summary

__all__ = ["pytest_terminal_summary"]
