"""How many of the recorded and documented exchanges are replayed, and why the others are not."""

from collections import defaultdict

__all__ = ["NOT_APPLICABLE", "RECORDED", "pytest_terminal_summary"]

# The kinds of exchanges that are known of, per group.
RECORDED = {"rest": 75, "rest, set up": 12, "oauth": 22, "bulk 2.0": 15, "bulk 1.0": 13}

# The kinds that orgsim has no equal of, with the reason.
NOT_APPLICABLE = {
    "rest": {},
    "rest, set up": {
        "query timeout": "no query runs for long, and no fault answers QUERY_TIMEOUT",
        "API disabled": "every user may use the API; there is no setting against it",
        "unknown exception": "no fault answers 500 with UNKNOWN_EXCEPTION",
        "view denied": "a record that private sharing hides is 404 as if it were not there",
    },
    "oauth": {"login rate exceeded": "the number of log-ins is not limited"},
    "bulk 2.0": {},
    "bulk 1.0": {},
}


def pytest_terminal_summary(terminalreporter):
    """Print per group how many kinds passed out of how many there are."""
    passed = defaultdict(set)
    for report in terminalreporter.stats.get("passed", ()):
        for name, value in report.user_properties:
            if name == "replayed":
                group, _, kind = value.partition(": ")
                passed[group].add(kind)
    if not passed:
        return
    terminalreporter.section("exchanges replayed / applicable")
    for group in sorted(passed):
        left_out = NOT_APPLICABLE[group]
        applicable = RECORDED[group] - len(left_out)
        terminalreporter.line(f"{group}: {len(passed[group])} / {applicable}")
        for kind, reason in left_out.items():
            terminalreporter.line(f"  not applicable: {kind}: {reason}")
