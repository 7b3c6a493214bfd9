"""Answers describe calls from the org's schema."""

from collections.abc import Mapping
from types import MappingProxyType

from orgsim.schema import ChildRelationship, Field, PicklistValue, SObject

__all__ = ["describe_brief", "describe_full"]

_SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "base64": "xsd:base64Binary",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "address": "urn:address",
}
_NOT_AGGREGATABLE = frozenset({"address", "boolean"})
# The addresses that only one object has, below its own; those of rows are templates.
_OWN_URLS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "Case": {
            "caseArticleSuggestions": "suggestedArticles",
            "caseRowArticleSuggestions": "{ID}/suggestedArticles",
        },
        "Event": {"eventSeriesUpdates": "{ID}/fromThisEventOnwards"},
        "User": {"namedLayouts": "describe/namedLayouts/{LayoutName}"}
        | {"passwordUtilities": "{ID}/password"},
    }
)
_MASTER_RECORD_TYPE = "012000000000000AAA"


def describe_brief(sobject: SObject, base: str) -> dict[str, object]:
    """Return the entry of an object in the global describe."""
    url = f"{base}/sobjects/{sobject.name}"
    return {
        "activateable": False,
        "associateEntityType": None,
        "associateParentEntity": None,
        "createable": sobject.createable,
        "custom": sobject.custom,
        "customSetting": False,
        "deepCloneable": False,
        "deletable": sobject.deletable,
        "deprecatedAndHidden": False,
        "feedEnabled": False,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": sobject.key_prefix,
        "label": sobject.label,
        "labelPlural": sobject.label_plural,
        "layoutable": sobject.createable,
        "mergeable": sobject.mergeable,
        "mruEnabled": sobject.createable,
        "name": sobject.name,
        "queryable": True,
        "replicateable": sobject.createable,
        "retrieveable": True,
        "searchable": sobject.searchable,
        "triggerable": sobject.createable,
        "undeletable": "IsDeleted" in sobject.fields,
        "updateable": sobject.updateable,
        "urls": {
            "rowTemplate": f"{url}/{{ID}}",
            "describe": f"{url}/describe",
            "sobject": url,
            **(_layout_urls(sobject, url) if sobject.createable else {}),
        },
    }


def describe_full(sobject: SObject, base: str, origin: str) -> dict[str, object]:
    """Return the whole describe of an object."""
    brief = describe_brief(sobject, base)
    url = f"{base}/sobjects/{sobject.name}"
    urls = {
        "rowTemplate": f"{url}/{{ID}}",
        "uiDetailTemplate": f"{origin}/{{ID}}",
        "describe": f"{url}/describe",
        "sobject": url,
    }
    if sobject.createable:
        pages = {"uiEditTemplate": "{ID}/e", "uiNewRecord": f"{sobject.key_prefix}/e"}
        urls |= _layout_urls(sobject, url)
        urls["defaultValues"] = f"{url}/defaultValues?recordTypeId&fields"
        urls |= {name: f"{origin}/{page}" for name, page in pages.items()}
    return {
        "actionOverrides": [],
        **brief,
        "childRelationships": [_child(c) for c in sobject.child_relationships],
        "compactLayoutable": sobject.createable,
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": [_field(f) for f in sobject.fields.values()],
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": [
            {
                "active": True,
                "available": True,
                "defaultRecordTypeMapping": True,
                "developerName": "Master",
                "master": True,
                "name": "Master",
                "recordTypeId": _MASTER_RECORD_TYPE,
                "urls": {},
            }
        ],
        "searchLayoutable": sobject.searchable,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [
            {"label": f"All {sobject.label_plural.lower()}", "name": "everything"},
        ],
        "urls": urls,
    }


def _layout_urls(sobject: SObject, url: str) -> dict[str, str]:
    """Return the addresses that only objects with layouts have; users have no list of their own."""
    urls = {
        "compactLayouts": f"{url}/describe/compactLayouts",
        "layouts": f"{url}/describe/layouts",
        "quickActions": f"{url}/quickActions",
    }
    if sobject.owned:
        urls["approvalLayouts"] = f"{url}/describe/approvalLayouts"
        urls["listviews"] = f"{url}/listviews"
    own = _OWN_URLS.get(sobject.name, {})
    return urls | {name: f"{url}/{path}" for name, path in own.items()}


def _child(relation: ChildRelationship) -> dict[str, object]:
    return {
        "cascadeDelete": relation.cascade_delete,
        "childSObject": relation.child,
        "deprecatedAndHidden": False,
        "field": relation.field,
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
        "relationshipName": relation.name,
        "restrictedDelete": relation.child == "Case" and relation.field != "ParentId",
    }


def _field(field: Field) -> dict[str, object]:
    default = field.default if field.type in {"boolean", "picklist", "combobox"} else None
    return {
        "aggregatable": field.filterable and field.type not in _NOT_AGGREGATABLE,
        "aiPredictionField": False,
        "autoNumber": field.auto_number,
        "byteLength": field.length if field.type in {"id", "reference"} else field.length * 3,
        "calculated": False,
        "calculatedFormula": None,
        "cascadeDelete": False,
        "caseSensitive": field.case_sensitive,
        "compoundFieldName": field.compound,
        "controllerName": None,
        "createable": field.createable,
        "custom": field.custom,
        "defaultValue": default,
        "defaultValueFormula": None,
        "defaultedOnCreate": field.defaulted_on_create,
        "dependentPicklist": False,
        "deprecatedAndHidden": False,
        "digits": field.digits,
        "displayLocationInDecimal": False,
        "encrypted": False,
        "externalId": field.external_id,
        "extraTypeInfo": _extra_type(field),
        "filterable": field.filterable,
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False,
        "groupable": field.groupable,
        "highScaleNumber": False,
        "htmlFormatted": False,
        "idLookup": field.id_lookup,
        "inlineHelpText": None,
        "label": field.label,
        "length": field.length,
        "mask": None,
        "maskType": None,
        "name": field.name,
        "nameField": field.name_field,
        "namePointing": field.polymorphic,
        "nillable": field.nillable,
        "permissionable": (field.createable or bool(field.components)) and field.nillable,
        "picklistValues": [_picklist_value(v) for v in field.picklist],
        "polymorphicForeignKey": field.polymorphic,
        "precision": field.precision,
        "queryByDistance": bool(field.components),
        "referenceTargetField": None,
        "referenceTo": list(field.reference_to),
        "relationshipName": field.relationship_name,
        "relationshipOrder": None,
        "restrictedDelete": False,
        "restrictedPicklist": field.restricted,
        "scale": field.scale,
        "searchPrefilterable": field.type == "reference",
        "soapType": _SOAP_TYPES.get(field.type, "xsd:string"),
        "sortable": field.sortable,
        "type": field.type,
        "unique": field.unique,
        "updateable": field.updateable,
        "writeRequiresMasterRead": False,
    }


def _extra_type(field: Field) -> str | None:
    if field.type == "textarea":
        return "plaintextarea"
    return "personname" if field.compound == "Name" else None


def _picklist_value(value: PicklistValue) -> dict[str, object]:
    return {
        "active": value.active,
        "defaultValue": value.default,
        "label": value.label,
        "validFor": None,
        "value": value.value,
    }
