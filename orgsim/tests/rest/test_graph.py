"""Composite graphs: each happens as a whole or not at all."""

import pytest

V = "/services/data/v62.0"
HALTED = "PROCESSING_HALTED"


def node(reference_id, method, path, body=None):
    entry = {"referenceId": reference_id, "method": method, "url": V + path}
    return entry if body is None else {**entry, "body": body}


def graph(graph_id, *nodes):
    return {"graphId": graph_id, "compositeRequest": list(nodes)}


def account(reference_id, name):
    return node(reference_id, "POST", "/sobjects/Account/", {"name": name})


BAD = node("bad", "POST", "/sobjects/Contact", {"LastName": "F", "Email": "no"})


def post(rest, *graphs):
    return rest.call("POST", "/composite/graph", {"graphs": list(graphs)})


def test_a_graph_ties_its_nodes_together(rest):
    """An account, its contact, and a change by what the first answered."""
    answer = post(
        rest,
        graph(
            "1",
            account("a", "Vidre"),
            node("c", "POST", "/sobjects/Contact", {"LastName": "F", "AccountId": "@{a.id}"}),
            node("u", "PATCH", "/sobjects/Account/@{a.id}", {"Phone": "93 000 00 11"}),
        ),
    )

    assert answer.status_code == 200
    (only,) = answer.json()["graphs"]
    results = only["graphResponse"]["compositeResponse"]
    assert (only["graphId"], only["isSuccessful"]) == ("1", True)
    assert [r["httpStatusCode"] for r in results] == [201, 201, 204]
    made = results[0]["body"]["id"]
    assert results[0]["httpHeaders"] == {"Location": f"{V}/sobjects/Account/{made}"}
    assert rest.query("SELECT AccountId FROM Contact")[0]["AccountId"] == made


def test_a_failed_node_undoes_its_graph_and_no_other(rest):
    """The failed graph keeps its own error; the rest of it reads as halted."""
    first, second = post(
        rest, graph("1", account("a", "Lost"), BAD), graph("2", account("b", "Kept"))
    ).json()["graphs"]

    codes = [r["body"][0]["errorCode"] for r in first["graphResponse"]["compositeResponse"]]
    assert (first["isSuccessful"], second["isSuccessful"]) == (False, True)
    assert codes == [HALTED, "INVALID_EMAIL_ADDRESS"]
    assert [r["Name"] for r in rest.query("SELECT Name FROM Account")] == ["Kept"]


def test_after_fourteen_failed_graphs_one_more_ends_the_call(rest):
    """The fifteenth failure is still tried, the graph behind it is not."""
    bad = [graph(f"bad{n}", BAD) for n in range(15)]

    answers = post(rest, *bad, graph("last", account("a", "Late"))).json()["graphs"]

    codes = [g["graphResponse"]["compositeResponse"][0]["body"][0]["errorCode"] for g in answers]
    assert codes == ["INVALID_EMAIL_ADDRESS"] * 15 + [HALTED]
    assert rest.query("SELECT Id FROM Account") == []


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(node("q", "GET", "/query?q=SELECT+Id+FROM+Account"), id="a_query"),
        pytest.param(node("q", "GET", "/sobjects/Account"), id="a_read_of_an_object"),
        pytest.param(node("q", "POST", "/composite/sobjects", {"records": []}), id="a_collection"),
        pytest.param(node("q", "GET", "/limits"), id="the_limits"),
    ],
)
def test_a_graph_holds_rows_only(rest, entry):
    """Everything else fails its graph."""
    (only,) = post(rest, graph("1", account("a", "Vidre"), entry)).json()["graphs"]

    assert only["isSuccessful"] is False
    assert only["graphResponse"]["compositeResponse"][1]["httpStatusCode"] == 400
    assert rest.query("SELECT Id FROM Account") == []


def chain(length):
    """Accounts of which each has the one before as its parent."""
    nodes = [account("n0", "0")]
    for n in range(1, length):
        body = {"Name": str(n), "ParentId": f"@{{n{n - 1}.id}}"}
        nodes.append(node(f"n{n}", "POST", "/sobjects/Account", body))
    return nodes


def kinds(count):
    return [node(f"n{n}", "POST", f"/sobjects/Kind{n}__c", {}) for n in range(count)]


@pytest.mark.parametrize(
    "graphs",
    [
        pytest.param([], id="none"),
        pytest.param([graph(f"g{n}", account("a", "x")) for n in range(76)], id="76_graphs"),
        pytest.param(
            [graph(f"g{g}", *(account(f"a{n}", "x") for n in range(167))) for g in range(3)],
            id="501_nodes",
        ),
        pytest.param([graph("g", *chain(16))], id="16_levels"),
        pytest.param([graph("g", *kinds(16))], id="16_objects"),
        pytest.param([graph("g", account("a", "x"))] * 2, id="the_same_id_twice"),
        pytest.param([graph("a.b", account("a", "x"))], id="an_id_with_a_dot"),
        pytest.param([graph("g" * 40, account("a", "x"))], id="an_id_of_40_characters"),
        pytest.param([graph("g")], id="an_empty_graph"),
    ],
)
def test_a_body_beyond_the_limits_is_refused_as_a_whole(rest, graphs):
    """Status 400 before anything runs."""
    assert post(rest, *graphs).status_code == 400
    assert rest.query("SELECT Id FROM Account") == []


def test_a_graph_may_be_fifteen_levels_deep(rest):
    """The limit itself is allowed."""
    (only,) = post(rest, graph("g", *chain(15))).json()["graphs"]

    assert only["isSuccessful"] is True


def test_graphs_came_with_version_50(rest):
    """Before, there was no such resource; reading one is no use either."""
    old = rest.base.replace("v62.0", "v49.0")

    assert rest.call("POST", f"{old}/composite/graph", {"graphs": []}).status_code == 404
    assert rest.call("GET", "/composite/graph").status_code == 405
