"""Exchanges that real orgs were seen to have: the request, the status, the shape of the answer."""

from replay.composites import COMPOSITES
from replay.shapes import ERROR, FIELD_ERROR, ROW, SAVED, UPSERTED, page

__all__ = ["EXCHANGES"]


SPAN = "start=2026-05-13T08:00:00%2B00:00&end=2026-05-13T10:00:00%2B00:00"

EXCHANGES = {
    "create": (("POST", "/sobjects/Account/", {"Name": "Oak"}), 201, SAVED),
    "update": (("PATCH", "/sobjects/Account/{account}", {"Name": "x"}), 204, None),
    "delete": (("DELETE", "/sobjects/Contact/{contact}", None), 204, None),
    "record counts": (
        ("GET", "/limits/recordCount?sObjects=Account", None),
        200,
        {"sObjects": [{"count": int, "name": str}]},
    ),
    "record counts of nothing": (
        ("GET", "/limits/recordCount?sObjects=Shoe", None),
        200,
        {"sObjects": []},
    ),
    "organization": (
        ("GET", "/sobjects/Organization/{org}?fields=Name,IsSandbox", None),
        200,
        {"attributes": ROW, "Id": str, "Name": str, "IsSandbox": bool},
    ),
    "query": (
        ("GET", "/query/?q=SELECT+Id,Name,Description+FROM+Account", None),
        200,
        page({"attributes": ROW, "Id": str, "Name": str, "Description": type(None)}),
    ),
    "query without rows": (
        ("GET", "/query/?q=SELECT+Id+FROM+Lead", None),
        200,
        {"totalSize": 0, "done": True, "records": []},
    ),
    "query of children": (
        ("GET", "/query/?q=SELECT+LastName,(SELECT+Subject+FROM+Tasks)+FROM+Contact", None),
        200,
        page({"attributes": ROW, "LastName": str, "Tasks": type(None)}),
    ),
    "query with groups": (
        ("GET", "/query/?q=SELECT+Name,count(Id)+FROM+Account+GROUP+BY+Name", None),
        200,
        page({"attributes": {"type": str}, "Name": str, "expr0": int}),
    ),
    "search": (
        ("GET", "/search/?q=FIND+%7BFerrer%7D", None),
        200,
        {"searchRecords": [{"attributes": ROW, "Id": str}]},
    ),
    **COMPOSITES,
    "upsert that creates": (
        ("PATCH", "/sobjects/Contact/Email/new%40oak.example", {"LastName": "B"}),
        201,
        UPSERTED,
    ),
    "upsert that only updates": (
        ("PATCH", "/sobjects/Account/Id/{account}?updateOnly=true", {"Name": "x"}),
        200,
        UPSERTED,
    ),
    "upsert of more than one": (
        ("PATCH", "/sobjects/Contact/Email/twin%40oak.example", {"LastName": "B"}),
        300,
        [str],
    ),
    "updated": (
        ("GET", f"/sobjects/Contact/updated/?{SPAN}", None),
        200,
        {"ids": [str], "latestDateCovered": str},
    ),
    "deleted": (
        ("GET", f"/sobjects/Lead/deleted/?{SPAN}", None),
        200,
        {
            "deletedRecords": [{"id": str, "deletedDate": str}],
            "earliestDateAvailable": str,
            "latestDateCovered": str,
        },
    ),
    "recent": (
        ("GET", "/recent?limit=1", None),
        200,
        [{"attributes": ROW, "Id": str, "Name": str}],
    ),
    "missing object": (("GET", "/sobjects/Unreal/x", None), 404, ERROR),
    "missing field": (("GET", "/sobjects/Contact/rid/x", None), 404, ERROR),
    "required field missing": (("POST", "/sobjects/Account", {}), 400, FIELD_ERROR),
    "text too long": (("POST", "/sobjects/Account", {"Name": "x" * 256}), 400, FIELD_ERROR),
    "wrong e-mail": (
        ("POST", "/sobjects/Contact", {"LastName": "F", "Email": "x"}),
        400,
        FIELD_ERROR,
    ),
    "wrong reference": (
        ("POST", "/sobjects/Contact", {"LastName": "F", "AccountId": "001zz0000000001AAA"}),
        400,
        FIELD_ERROR,
    ),
    "malformed id": (
        ("POST", "/sobjects/Contact", {"LastName": "F", "AccountId": "nonsense"}),
        400,
        FIELD_ERROR,
    ),
    "deleted row": (("PATCH", "/sobjects/Lead/{lead}", {"Title": "x"}), 404, FIELD_ERROR),
    "unknown field": (("POST", "/sobjects/Account", {"Foo__c": 1}), 400, ERROR),
    "unknown column": (("GET", "/query?q=SELECT+Foo+FROM+Account", None), 400, ERROR),
    "malformed query": (("GET", "/query?q=SELECT+FROM+Account", None), 400, ERROR),
    "offset too large": (
        ("GET", "/query?q=SELECT+Id+FROM+Account+OFFSET+2001", None),
        400,
        ERROR,
    ),
    "unknown locator": (("GET", "/query/01g000000000001-2000", None), 400, ERROR),
    "malformed search": (("GET", "/search?q=FIND+bananas", None), 400, ERROR),
    "method not allowed": (("DELETE", "/sobjects/Account", None), 405, ERROR),
}
