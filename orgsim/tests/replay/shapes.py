"""The shapes of exchanges that real orgs were seen to have.

A shape is a status and a body in which a type stands for any value of it, a mapping for exactly
its keys, a tuple for exactly its entries and a list of one shape for one or more such entries.
"""

__all__ = [
    "ENTRY_FAILED",
    "ERROR",
    "FIELD_ERROR",
    "ROW",
    "SAVED",
    "UPSERTED",
    "V",
    "check",
    "names",
    "page",
    "part",
]

V = "/services/data/v62.0"
ROW = {"type": str, "url": str}
ERROR = [{"message": str, "errorCode": str}]
FIELD_ERROR = [{"message": str, "errorCode": str, "fields": list}]
SAVED = {"id": str, "success": bool, "errors": list}
UPSERTED = {**SAVED, "created": bool}
ENTRY_FAILED = {
    "success": bool,
    "errors": [{"statusCode": str, "message": str, "fields": list}],
}


def page(record):
    return {"totalSize": int, "done": bool, "records": [record]}


def part(body, headers=()):
    return {
        "body": body,
        "httpHeaders": dict.fromkeys(headers, str),
        "httpStatusCode": int,
        "referenceId": str,
    }


def check(value, shape, where="body"):
    """Fail where a value has another shape."""
    if isinstance(shape, type):
        assert type(value) is shape, f"{where} is {value!r}"
    elif isinstance(shape, dict):
        assert isinstance(value, dict), f"{where} is {value!r}"
        assert set(value) == set(shape), where
        for key, inner in shape.items():
            check(value[key], inner, f"{where}.{key}")
    elif isinstance(shape, tuple):
        assert len(value) == len(shape), f"{where} has {len(value)} entries"
        for number, inner in enumerate(shape):
            check(value[number], inner, f"{where}[{number}]")
    elif isinstance(shape, list) and shape:
        assert value, f"{where} is empty"
        for number, entry in enumerate(value):
            check(entry, shape[0], f"{where}[{number}]")
    else:
        assert value == shape, where


def names(text):
    """The words of a text, as the keys that something has."""
    return frozenset(text.split())
