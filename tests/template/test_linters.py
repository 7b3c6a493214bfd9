"""AWS's own tools find nothing to complain about."""

import os
import subprocess

import pytest

from local.build import prepare_environments
from local.paths import ROOT, SAM


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["cfn-lint", "--append-rules", "cfn_lint_serverless.rules", "--", "template.yaml"], id="cfn_lint_with_serverless_rules"),
        pytest.param(["sam", "validate"], id="sam_validate_finds_misspelt_policies"),
        pytest.param(["sam", "validate", "--lint"], id="sam_validate_finds_dead_runtimes"),
    ],
)  # fmt: skip
def test_the_template_passes(command):
    """Each finds something that the others let through."""
    prepare_environments(lambda _: None)
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"}

    done = subprocess.run(
        [SAM.parent / command[0], *command[1:]],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stdout + done.stderr
