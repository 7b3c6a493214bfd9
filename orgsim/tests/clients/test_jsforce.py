"""jsforce, as its users use it, finds nothing missing in the org."""

import re
from pathlib import Path

from clients.client_org import run_process
from clients.operations import PASSED

SCRIPT = Path(__file__).parent / "node" / "jsforce.cjs"
README = Path(__file__).resolve().parents[2] / "README.md"
OPERATIONS = (
    "OAuth2: authorize with PKCE, identity",
    "refresh on an expired session",
    "identity from a token alone",
    "logout revokes",
    "create, retrieve, update, destroy",
    "a refusal carries code and fields",
    "upsert",
    "record reference",
    "create, retrieve, update, destroy of several",
    "more than 200 at once with allowRecursive",
    "upsert of several",
    "part of several fails",
    "query, queryMore",
    "query as stream with autoFetch",
    "find with conditions, sort, limit, children",
    "update and destroy by a query",
    "queryAll finds the deleted",
    "a wrong query",
    "search",
    "describe, describeGlobal, cached describe",
    "limits, limitInfo",
    "versions and resources by request",
    "updated, deleted",
    "composite by requestPost",
    "bulk2: insert and query",
    "bulk2: part fails",
    "bulk2: delete",
)


def test_jsforce_works_unchanged(client_org, run_client, node_modules):
    """Each operation comes out as it would with Salesforce."""
    client_org.control("load", {"generate": {"Contact": 2100}})
    environment = client_org.environment(
        NODE_PATH=str(node_modules),
        NODE_EXTRA_CA_CERTS=client_org.addresses.ca_file,
        APP_REFRESH_TOKEN=client_org.refresh_token(),
    )

    outcomes = run_client("jsforce", [node_modules / ".bin" / "node", SCRIPT], environment)

    assert outcomes == dict.fromkeys(OPERATIONS, PASSED)


def test_the_readmes_program_logs_in_by_username_and_password(client_org, node_modules):
    """It is told of the log-in address and of the CA only."""
    client_org.control("load", {"generate": {"Contact": 25}})
    here = client_org.addresses
    [program] = re.findall(r"```js\n(const .*jsforce.*?)```", README.read_text(), re.DOTALL)
    program = program.replace("https://localhost:8443", here.login_url)
    environment = client_org.environment(
        NODE_PATH=str(node_modules), NODE_EXTRA_CA_CERTS=here.ca_file
    )

    node = [node_modules / ".bin" / "node", "-e", program.replace("sesame", here.password)]
    done = run_process(node, environment)

    assert (done.stdout, done.returncode) == ("25\n", 0), done.stderr
