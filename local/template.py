"""Reads CloudFormation YAML with its short tags into plain data."""

from pathlib import Path
from typing import Any

import yaml

type Json = dict[str, Any]

#: Tags whose long form has no `Fn::` before it.
BARE_TAGS = ("Ref", "Condition")


class TemplateLoader(yaml.SafeLoader):
    """Turns `!Ref x` into `{"Ref": "x"}` and every other `!Tag` into `{"Fn::Tag": ...}`."""


def read(path: Path) -> Json:
    """Returns the template in the file, with long forms of all functions."""
    template: Json = yaml.load(path.read_text(encoding="utf-8"), Loader=TemplateLoader)  # noqa: S506  # a SafeLoader
    return template


def parameter_defaults(template: Json) -> dict[str, str]:
    """Returns the default of each parameter that has one, as text."""
    return {
        name: str(parameter["Default"])
        for name, parameter in template.get("Parameters", {}).items()
        if "Default" in parameter
    }


def resources_of(template: Json, kind: str) -> dict[str, Json]:
    """Returns the template's resources of one type, by logical id."""
    return {name: r for name, r in template["Resources"].items() if r["Type"] == kind}


def _function(loader: TemplateLoader, suffix: str, node: yaml.Node) -> Json:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in BARE_TAGS else f"Fn::{suffix}": value}


TemplateLoader.add_multi_constructor("!", _function)
