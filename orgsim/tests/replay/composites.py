"""Exchanges of several requests in one that real orgs were seen to have, with their shapes."""

from replay.shapes import (
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

__all__ = ["COMPOSITES"]


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
HALTED_PART = part(ERROR)
NODES = {"graphId": "1", "compositeRequest": [NEW_ACCOUNT]}

COMPOSITES = {
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
        (UPSERTED, UPSERTED, {**ENTRY_FAILED, "created": bool}),
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
}
