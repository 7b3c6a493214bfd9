"""Deploys the built template with the local cloud's values, and makes the org and the stack known to each other."""

import json
import secrets
from typing import Any
from urllib.parse import urlsplit

import requests

from local import build
from local.aws import clients
from local.deploy import Deployment, Target, deploy
from local.paths import BUILD, Home
from local.processes import LocalCloudError
from local.state import Addresses, SalesforceState, State

STACK = "switchhook"
CONTROL_TIMEOUT_S = 10
#: Salesforce's own limit is ten minutes; the org enforces this one, and the write horizon equals it.
REQUEST_LIMIT_S = 5
CARETAKER_INTERVAL_S = 2


def local_parameters(addresses: Addresses) -> dict[str, str]:
    """Returns the template's parameters for one machine, where nobody wants to wait ten minutes."""
    return {
        "Stage": "local",
        "Architecture": build.host_architecture(),
        "OperatorName": "Local operator",
        "PublicBaseUrl": addresses.api,
        "SalesforceLoginUrl": addresses.salesforce.login_url,
        "LocalSalesforceHost": urlsplit(addresses.salesforce.instance_url).netloc,
        "WriteHorizonSeconds": str(REQUEST_LIMIT_S),
        "WorkerTimeoutSeconds": "30",
        "QueueVisibilitySeconds": "35",
        "FenceSlackSeconds": "2",
        "SalesforceReadTimeoutSeconds": "10",
        "CaretakerIntervalSeconds": str(CARETAKER_INTERVAL_S),
        "WorkerMaximumConcurrency": "5",
        "LogRetentionDays": "1",
    }


def deploy_stack(home: Home, addresses: Addresses) -> Deployment:
    """Deploys the current build; functions trust the org's CA.

    Raises:
        LocalCloudError: CloudFormation refused a resource.
    """
    target = Target(
        clients=clients(addresses.aws_endpoint),
        stack=STACK,
        layers=home.layers,
        parameters=local_parameters(addresses),
        environment={"REQUESTS_CA_BUNDLE": addresses.salesforce.ca_file},
    )
    return deploy(BUILD, target)


def find_deployment(aws_endpoint: str) -> Deployment:
    """Returns the outputs and physical ids of the deployed stack, for tests and tools."""
    cloudformation = clients(aws_endpoint)("cloudformation")
    stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    found = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    return Deployment(
        outputs={o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]},
        resources={r["LogicalResourceId"]: r["PhysicalResourceId"] for r in found},
    )


def introduce(deployment: Deployment, addresses: Addresses) -> State:
    """Registers our app with the org, stores its credentials in the stack, and returns the state.

    The app keeps its credentials over restarts, since grants are bound to them.

    Raises:
        LocalCloudError: the org refused its settings.
    """
    store = clients(addresses.aws_endpoint)("secretsmanager")
    app_secret = deployment.outputs["SalesforceAppSecretArn"]
    app = json.loads(store.get_secret_value(SecretId=app_secret)["SecretString"])
    if not app["client_id"]:
        app = {
            "client_id": f"switchhook-local-{secrets.token_hex(8)}",
            "client_secret": secrets.token_hex(32),
        }
        store.put_secret_value(SecretId=app_secret, SecretString=json.dumps(app))
    configure_org(addresses, app)
    operator_key = store.get_secret_value(SecretId=deployment.outputs["OperatorKeySecretArn"])
    return State(
        api=addresses.api,
        salesforce=addresses.salesforce,
        operator_key=operator_key["SecretString"],
        aws_endpoint=addresses.aws_endpoint,
    )


def configure_org(addresses: Addresses, app: dict[str, str]) -> None:
    """Sets the org's request limit and registers our app, whose refresh tokens rotate.

    Raises:
        LocalCloudError: the org refused.
    """
    connected_app = {
        **app,
        "redirect_uris": [f"{addresses.api}/oauth/salesforce/callback"],
        "rotation": True,
    }
    settings = {"request_limit_s": REQUEST_LIMIT_S, "connected_apps": [connected_app]}
    control(addresses.salesforce, "/_org/settings", settings)


def control(salesforce: SalesforceState, path: str, body: Any = None) -> Any:  # noqa: ANN401  # any JSON
    """Posts to the org's control plane and returns its JSON answer.

    Raises:
        LocalCloudError: it answered with an error.
    """
    answer = requests.post(f"{salesforce.control_url}{path}", json=body, timeout=CONTROL_TIMEOUT_S)
    if not answer.ok:
        raise LocalCloudError(
            f"The simulated org refused POST {path} with {answer.status_code}: {answer.text[:500]}"
        )
    return answer.json() if answer.content else None
