"""Exchanges that real orgs were seen to have: the request, the status, the shape of the answer."""

from tests.contract.orgsim.replay_shapes import (
    ENTRY_FAILED,
    ERROR,
    FIELD_ERROR,
    ROW,
    SAVED,
    UPSERTED,
    V,
    page,
    part,
)

__all__ = ["EXCHANGES"]


def sub(reference_id, method, path, body=None, **more):
    entry = {"referenceId": reference_id, "method": method, "url": V + path, **more}
    return entry if body is None else {**entry, "body": body}


def composite(*subrequests, **more):
    return ("POST", "/composite", {"compositeRequest": list(subrequests), **more})


def record(sobject, **fields):
    return {"attributes": {"type": sobject, "referenceId": "r"}, **fields}


def collection(*records, method="POST", below="", **more):
    return (method, f"/composite/sobjects{below}", {"records": list(records), **more})


GOOD = record("Account", Name="Oak")
BAD = record("Contact", LastName="F", Email="not valid")
NEW_ACCOUNT = sub("a", "POST", "/sobjects/Account", {"Name": "Oak"})
BAD_CONTACT = sub("b", "POST", "/sobjects/Contact", {"LastName": "F", "Email": "not valid"})
SPAN = "start=2026-05-13T08:00:00%2B00:00&end=2026-05-13T10:00:00%2B00:00"
HALTED_PART = part(ERROR)
NODES = {"graphId": "1", "compositeRequest": [NEW_ACCOUNT]}

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
    "composite of queries": (
        composite(
            sub("CCI__RefId__0__", "GET", "/query?q=SELECT Id FROM Account LIMIT 1"),
            sub("two", "GET", "/query/?q=select count() from Lead"),
        ),
        200,
        {
            "compositeResponse": (
                part(page({"attributes": ROW, "Id": str})),
                part({"totalSize": 0, "done": True, "records": []}),
            )
        },
    ),
    "composite with nothing new": (
        composite(
            sub(
                "a",
                "GET",
                "/sobjects",
                httpHeaders={"If-Modified-Since": "Thu, 01 Jan 2099 00:00:00 GMT"},
            )
        ),
        200,
        {"compositeResponse": (part(None, {"ETag", "Last-Modified"}),)},
    ),
    "composite of a missing object": (
        composite(sub("a", "GET", "/sobjects/Foo")),
        200,
        {"compositeResponse": (part(ERROR),)},
    ),
    "composite of a wrong query": (
        composite(
            sub("a", "GET", "/query/?q=select count() from Lead"),
            sub("b", "GET", "/query/?q=select count() from XYZZY"),
        ),
        200,
        {
            "compositeResponse": (
                part({"totalSize": int, "done": bool, "records": []}),
                part(ERROR),
            )
        },
    ),
    "composite with a reference": (
        composite(
            NEW_ACCOUNT,
            sub("c", "POST", "/sobjects/Contact", {"LastName": "J", "AccountId": "@{a.id}"}),
        ),
        200,
        {"compositeResponse": (part(SAVED, {"Location"}), part(SAVED, {"Location"}))},
    ),
    "composite with a halted dependent": (
        composite(BAD_CONTACT, sub("d", "GET", "/sobjects/Contact/@{b.id}"), allOrNone=False),
        200,
        {"compositeResponse": (part(FIELD_ERROR), HALTED_PART)},
    ),
    "composite rolled back": (
        composite(NEW_ACCOUNT, BAD_CONTACT, allOrNone=True),
        200,
        {"compositeResponse": (HALTED_PART, part(FIELD_ERROR))},
    ),
    "composite with a collection rolled back": (
        composite(
            sub(
                "many", "POST", "/composite/sobjects", {"allOrNone": False, "records": [GOOD, BAD]}
            ),
            NEW_ACCOUNT,
            allOrNone=True,
            collateSubrequests=False,
        ),
        200,
        {"compositeResponse": (part((SAVED, ENTRY_FAILED)), HALTED_PART)},
    ),
    "graph": (
        ("POST", "/composite/graph", {"graphs": [NODES, {**NODES, "graphId": "2"}]}),
        200,
        {
            "graphs": [
                {
                    "graphId": str,
                    "graphResponse": {"compositeResponse": [part(SAVED, {"Location"})]},
                    "isSuccessful": True,
                }
            ]
        },
    ),
    "batch": (
        (
            "POST",
            "/composite/batch",
            {
                "batchRequests": [
                    {
                        "method": "PATCH",
                        "url": "v62.0/sobjects/account/{account}",
                        "richInput": {"Name": "x"},
                    },
                    {
                        "method": "GET",
                        "url": "v62.0/sobjects/account/{account}?fields=Name,BillingCity",
                    },
                ]
            },
        ),
        200,
        {
            "hasErrors": False,
            "results": (
                {"statusCode": 204, "result": None},
                {
                    "statusCode": 200,
                    "result": {
                        "attributes": ROW,
                        "Name": str,
                        "BillingCity": type(None),
                        "Id": str,
                    },
                },
            ),
        },
    ),
    "batch halted": (
        (
            "POST",
            "/composite/batch",
            {
                "haltOnError": True,
                "batchRequests": [
                    {"method": "GET", "url": "v62.0/sobjects/Nope/x"},
                    {"method": "GET", "url": "v62.0/limits"},
                ],
            },
        ),
        200,
        {
            "hasErrors": True,
            "results": (
                {"statusCode": 404, "result": ERROR},
                {"statusCode": 412, "result": ERROR},
            ),
        },
    ),
    "tree": (
        (
            "POST",
            "/composite/tree/Account/",
            {"records": [{**GOOD, "numberOfEmployees": "100", "phone": "1234567890"}]},
        ),
        201,
        {"hasErrors": False, "results": [{"referenceId": str, "id": str}]},
    ),
    "tree refused": (
        ("POST", "/composite/tree/Contact/", {"records": [BAD]}),
        400,
        {
            "hasErrors": True,
            "results": [{"referenceId": str, "errors": ENTRY_FAILED["errors"]}],
        },
    ),
    "collection created": (collection(GOOD, record("Contact", LastName="F")), 200, (SAVED, SAVED)),
    "collection in part": (collection(BAD, GOOD), 200, (ENTRY_FAILED, SAVED)),
    "collection rolled back": (
        collection(BAD, GOOD, allOrNone=True),
        200,
        (ENTRY_FAILED, ENTRY_FAILED),
    ),
    "collection updated": (
        collection(record("Account", Id="{account}", NumberOfEmployees="10000"), method="PATCH"),
        200,
        (SAVED,),
    ),
    "collection upserted by e-mail": (
        collection(
            record("Contact", LastName="A", Email="ada@oak.example"),
            record("Contact", LastName="B", Email="bea@oak.example"),
            record("Contact", LastName="C", Id="{account}", Email="cy@oak.example"),
            method="PATCH",
            below="/Contact/Email",
        ),
        200,
        (UPSERTED, UPSERTED, ENTRY_FAILED),
    ),
    "collection upserted without id": (
        collection(record("Account", Name="A", Id=None), method="PATCH", below="/Account/Id"),
        200,
        (UPSERTED,),
    ),
    "collection deleted": (
        ("DELETE", "/composite/sobjects?ids={contact},{account}", None),
        200,
        (SAVED, SAVED),
    ),
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
