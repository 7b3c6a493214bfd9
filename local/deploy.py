"""Deploys a `sam build` output to the emulator through CloudFormation, in well under a second.

What was built stays as it is: function folders are zipped in memory with a `bootstrap` beside the code, and
the layer is not uploaded but read from a copy on disk.
"""

import hashlib
import io
import json
import os
import shutil
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local import template as templates
from local.aws import ClientFactory
from local.paths import RUNTIME_PYTHON
from local.processes import LocalCloudError

type Json = dict[str, Any]

CODE_BUCKET = "deployed-code"
#: Settings of the emulator that its child processes inherit and no function may see.
EMULATOR_SETTINGS = (
    "AUTH",
    "BIND_HOST",
    "FRONT_PORT",
    "GATEWAY_PORT",
    "IOT_MTLS_ENABLED",
    "MINISTACK_REGION",
    "PERSIST_STATE",
    "S3_DATA_DIR",
    "S3_PERSIST",
    "SFTP_ENABLED",
    "STATE_DIR",
)
SERVERLESS_FUNCTION = "AWS::Serverless::Function"
SERVERLESS_LAYER = "AWS::Serverless::LayerVersion"
DEPLOYED = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
DEPLOY_LIMIT_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A deployed stack: its outputs, and the physical id of each logical one."""

    outputs: Mapping[str, str]
    resources: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where and with what a build is deployed."""

    clients: ClientFactory
    stack: str
    layers: Path
    parameters: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


def deploy(build: Path, target: Target) -> Deployment:
    """Creates or updates the stack from a build folder and waits for it.

    Deploying the same build twice changes nothing.

    Raises:
        LocalCloudError: CloudFormation refused a resource; the message names each with its reason.
    """
    template = templates.read(build / "template.yaml")
    search_path = _place_layers(build, template, target.layers)
    bootstrap = bootstrap_script(search_path, target.environment)
    s3 = target.clients("s3")
    s3.create_bucket(Bucket=CODE_BUCKET)
    for function in templates.resources_of(template, SERVERLESS_FUNCTION).values():
        properties = function["Properties"]
        properties.pop("Layers", None)
        archive = function_archive(build / properties["CodeUri"], bootstrap)
        key = hashlib.sha256(archive).hexdigest()
        s3.put_object(Bucket=CODE_BUCKET, Key=key, Body=archive)
        properties["CodeUri"] = f"s3://{CODE_BUCKET}/{key}"
    stack = _apply(template, target)
    resources = _physical_ids(target)
    _set_time_to_live(template, resources, target.clients)
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", ())}
    return Deployment(outputs=outputs, resources=resources)


def bootstrap_script(search_path: str, environment: Mapping[str, str]) -> str:
    """Returns the program that the emulator starts for a function: AWS's own runtime client."""
    exported = {"PYTHONPATH": search_path, "TZ": ":UTC", **environment}
    lines = [f"unset {' '.join(EMULATOR_SETTINGS)}"]
    lines += [f"export {name}='{value}'" for name, value in exported.items()]
    lines.append('export AWS_LAMBDA_LOG_GROUP_NAME="/aws/lambda/$AWS_LAMBDA_FUNCTION_NAME"')
    return "\n".join(["#!/bin/sh", *lines, f'exec {RUNTIME_PYTHON} -m awslambdaric "$_HANDLER"\n'])


def function_archive(folder: Path, bootstrap: str) -> bytes:
    """Returns the zipped folder with the bootstrap in it; the same content gives the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        _write(archive, "bootstrap", bootstrap.encode(), mode=0o755)
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                _write(archive, str(path.relative_to(folder)), path.read_bytes(), mode=0o644)
    return buffer.getvalue()


def _write(archive: zipfile.ZipFile, name: str, content: bytes, *, mode: int) -> None:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    archive.writestr(entry, content)


def _place_layers(build: Path, template: Json, layers: Path) -> str:
    """Copies the built layers, takes them out of the template and returns the path to import from."""
    placed = []
    for name in templates.resources_of(template, SERVERLESS_LAYER):
        source = build / name
        mark = _fingerprint(source)
        copy = layers / f"{name}-{mark}"
        if not copy.exists():
            unfinished = layers / f"{name}-{mark}.{os.getpid()}"
            shutil.copytree(source, unfinished, copy_function=_link)
            unfinished.rename(copy)
        placed.append(str(copy / "python"))
        del template["Resources"][name]
    template.get("Globals", {}).get("Function", {}).pop("Layers", None)
    return ":".join(placed)


def forget_old_layers(layers: Path) -> None:
    """Removes every copy but the latest; to be called while no function runs."""
    copies = sorted(layers.glob("*"), key=lambda copy: copy.stat().st_mtime)
    for copy in copies[:-1]:
        shutil.rmtree(copy)


def _fingerprint(folder: Path) -> str:
    """Tells one build of a folder from the next; a build writes every file anew."""
    seen = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        status = path.stat()
        seen.update(f"{path.relative_to(folder)} {status.st_size} {status.st_mtime_ns}\n".encode())
    return seen.hexdigest()[:16]


def _link(source: str, target: str) -> None:
    """Links a file, which costs no space; another file system gets a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _apply(template: Json, target: Target) -> Json:
    cloudformation = target.clients("cloudformation")
    request = {
        "StackName": target.stack,
        "TemplateBody": json.dumps(template, default=str),
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in target.parameters.items()
        ],
    }
    try:
        cloudformation.create_stack(**request)
    except cloudformation.exceptions.AlreadyExistsException:
        try:
            cloudformation.update_stack(**request)
        except ClientError as error:
            if "No updates" not in str(error):
                raise
    return _finished_stack(cloudformation, target.stack)


def _finished_stack(cloudformation: Any, name: str) -> Json:  # noqa: ANN401  # a boto3 client
    deadline = time.monotonic() + DEPLOY_LIMIT_S
    while True:
        stack: Json = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if not stack["StackStatus"].endswith("IN_PROGRESS"):
            break
        if time.monotonic() > deadline:
            raise LocalCloudError(f"Stack {name} was not deployed within {DEPLOY_LIMIT_S} s.")
        time.sleep(0.05)
    if stack["StackStatus"] not in DEPLOYED:
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        reasons = "; ".join(
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}"
            for event in events
            if event["ResourceStatus"].endswith("FAILED")
        )
        raise LocalCloudError(f"Stack {name} was refused ({stack['StackStatus']}): {reasons}")
    return stack


def _physical_ids(target: Target) -> dict[str, str]:
    answer = target.clients("cloudformation").describe_stack_resources(StackName=target.stack)
    return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in answer["StackResources"]}


def _set_time_to_live(template: Json, resources: Mapping[str, str], clients: ClientFactory) -> None:
    """Switches expiry on, which the emulator's CloudFormation leaves out."""
    dynamodb = clients("dynamodb")
    for name, table in templates.resources_of(template, "AWS::DynamoDB::Table").items():
        wanted = table["Properties"].get("TimeToLiveSpecification")
        found = dynamodb.describe_time_to_live(TableName=resources[name])
        status = found["TimeToLiveDescription"]["TimeToLiveStatus"]
        if wanted and status == "DISABLED":
            dynamodb.update_time_to_live(
                TableName=resources[name], TimeToLiveSpecification=dict(wanted)
            )
