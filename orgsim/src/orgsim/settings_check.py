"""Checks settings against the objects that an org has."""

from orgsim.objects.catalogue import custom_problem
from orgsim.schema import Schema
from orgsim.settings import Settings

__all__ = ["unknown_names"]


def unknown_names(settings: Settings, schema: Schema) -> dict[str, str]:
    """Return, by setting, the objects and fields it names that the org does not have."""
    named: dict[str, list[tuple[str, tuple[str, ...]]]] = {
        "required_fields": [(r.object, (r.name,)) for r in settings.required_fields],
        "assignment_rules": [(r.object, ()) for r in settings.assignment_rules],
        "duplicate_rules": [(r.object, r.fields) for r in settings.duplicate_rules],
        "validation_rules": [(r.object, (r.field,)) for r in settings.validation_rules],
    }
    problems: dict[str, str] = {}
    for key, rules in named.items():
        for sobject_name, field_names in rules:
            sobject = schema.objects.get(sobject_name)
            if sobject is None:
                problems[key] = f"there is no object {sobject_name}"
                continue
            missing = [name for name in field_names if name not in sobject.columns]
            if missing:
                problems[key] = f"{sobject_name} has no field {', '.join(missing)}"
    if problem := custom_problem(settings):
        problems["custom_schema"] = problem
    return problems
