"""Turns an expanded SAM template into one that the emulator's CloudFormation understands.

Each function takes a whole template and returns a changed copy of what it had to change. Nothing here
touches the emulator, and `template.yaml` itself never has to know of any of it.
"""

import copy
import hashlib
import re
import string
from collections.abc import Iterator
from typing import Any

type Json = dict[str, Any]

HTTP_API = "AWS::ApiGatewayV2::Api"
ANY_METHOD = "x-amazon-apigateway-any-method"
INTEGRATION = "x-amazon-apigateway-integration"


def fit_for_emulator(template: Json) -> Json:
    """Returns a copy of an expanded template with every known gap of the emulator bridged."""
    fitted = copy.deepcopy(template)
    expand_http_apis(fitted)
    fitted["Resources"] = refer_to_secrets_by_arn(fitted["Resources"])
    if "Outputs" in fitted:
        secrets = secret_names(fitted["Resources"])
        fitted["Outputs"] = _by_arn(fitted["Outputs"], secrets)
    spell_out_punctuation(fitted)
    drop_code_deploy(fitted)
    run_python_through_bootstrap(fitted)
    return fitted


def expand_http_apis(template: Json) -> None:
    """Replaces the OpenAPI body of each HTTP API by Route and Integration resources.

    SAM writes routes into `Body`, which the emulator ignores: the stack would deploy without one route.
    """
    for name, resource in list(template["Resources"].items()):
        if resource["Type"] != HTTP_API:
            continue
        properties = resource["Properties"]
        body = properties.pop("Body", None) or {"paths": {}}
        for unknown in ("FailOnWarnings", "BasePath"):
            properties.pop(unknown, None)
        properties.setdefault("ProtocolType", "HTTP")
        properties.setdefault("Name", {"Fn::Sub": "${AWS::StackName}"})
        _set_cors(properties, body)
        # SAM writes the body's tags as a list of OpenAPI tags, the emulator wants a map.
        properties.pop("Tags", None)
        for route_key, integration in _operations(body):
            template["Resources"].update(_route(name, route_key, integration))


def _set_cors(properties: Json, body: Json) -> None:
    cors = body.get("x-amazon-apigateway-cors") or properties.get("CorsConfiguration")
    if cors:
        # The emulator's data plane reads the keys of the API (camelCase), not those of CloudFormation.
        properties["CorsConfiguration"] = {
            key[0].lower() + key[1:]: value for key, value in cors.items()
        }


def _operations(body: Json) -> Iterator[tuple[str, Json]]:
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            if isinstance(operation, dict) and INTEGRATION in operation:
                verb = "ANY" if method == ANY_METHOD else method.upper()
                key = "$default" if path == "/$default" else f"{verb} {path}"
                yield key, operation[INTEGRATION]


def _route(api: str, route_key: str, integration: Json) -> Json:
    mark = hashlib.sha256(route_key.encode()).hexdigest()[:8]
    integration_name = f"{api}Integration{mark}"
    return {
        integration_name: {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": api},
                "IntegrationType": integration["type"].upper(),
                "IntegrationMethod": integration.get("httpMethod", "POST"),
                "IntegrationUri": integration["uri"],
                "PayloadFormatVersion": str(integration.get("payloadFormatVersion", "2.0")),
            },
        },
        f"{api}Route{mark}": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": api},
                "RouteKey": route_key,
                "Target": {"Fn::Sub": f"integrations/${{{integration_name}}}"},
            },
        },
    }


def secret_names(resources: Json) -> frozenset[str]:
    """Returns the logical ids of the template's secrets."""
    return frozenset(
        name for name, r in resources.items() if r["Type"] == "AWS::SecretsManager::Secret"
    )


def refer_to_secrets_by_arn(resources: Json) -> Json:
    """Turns `Ref` of a secret into its ARN, as on AWS; the emulator's `Ref` gives the name."""
    swapped: Json = _by_arn(resources, secret_names(resources))
    return swapped


def _by_arn(node: Any, secrets: frozenset[str]) -> Any:  # noqa: ANN401  # any JSON value
    if isinstance(node, list):
        return [_by_arn(item, secrets) for item in node]
    if not isinstance(node, dict):
        return node
    if set(node) == {"Ref"} and node["Ref"] in secrets:
        return {"Fn::GetAtt": [node["Ref"], "Id"]}
    if set(node) == {"Fn::Sub"} and isinstance(node["Fn::Sub"], str):
        return {"Fn::Sub": _sub_by_arn(node["Fn::Sub"], secrets)}
    return {key: _by_arn(value, secrets) for key, value in node.items()}


def _sub_by_arn(text: str, secrets: frozenset[str]) -> str:
    def named(match: re.Match[str]) -> str:
        return f"${{{match[1]}.Id}}" if match[1] in secrets else match[0]

    return re.sub(r"\$\{(\w+)\}", named, text)


def spell_out_punctuation(template: Json) -> None:
    """Names the characters that a generated secret leaves out; the emulator knows no groups of them."""
    for resource in template["Resources"].values():
        wanted = (resource.get("Properties") or {}).get("GenerateSecretString") or {}
        if wanted.pop("ExcludePunctuation", False):
            wanted["ExcludeCharacters"] = wanted.get("ExcludeCharacters", "") + string.punctuation


def drop_code_deploy(template: Json) -> None:
    """Removes gradual deployment, whose resource types make the emulator refuse the whole template."""
    dropped = {
        name for name, r in template["Resources"].items() if r["Type"].startswith("AWS::CodeDeploy")
    }
    for name in dropped:
        del template["Resources"][name]
    for resource in template["Resources"].values():
        (resource.get("UpdatePolicy") or {}).pop("CodeDeployLambdaAliasUpdate", None)
        waits = resource.get("DependsOn")
        if isinstance(waits, list):
            resource["DependsOn"] = [name for name in waits if name not in dropped]
        elif waits in dropped:
            del resource["DependsOn"]


def run_python_through_bootstrap(template: Json) -> None:
    """Makes Python functions custom runtimes, so that AWS's own runtime client runs them.

    The deployment puts a `bootstrap` into each function's archive that has the layer on its path.
    """
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        runtime = str(properties.get("Runtime", ""))
        if resource["Type"] == "AWS::Lambda::Function" and runtime.startswith("python"):
            properties["Runtime"] = "provided.al2023"
            properties.pop("Layers", None)
