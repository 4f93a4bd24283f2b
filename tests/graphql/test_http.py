"""The wire: statuses, bodies and headers as AppSync gives them, for good and for bad input."""

import gzip
import json
import socket
from typing import Any

import httpx
import pytest

from tests.support.twin import ROOT, SEED_QUERY, RunningTwin

MALFORMED = "MalformedHttpRequestException"
UNPARSED = "Unable to parse GraphQL query."


def send(twin: RunningTwin, content: bytes | str, **headers: str) -> httpx.Response:
    return twin.client.post("/graphql", content=content, headers={"x-api-key": twin.key, **headers})


def error_of(response: httpx.Response) -> dict[str, Any]:
    body = response.json()
    assert list(body) == ["errors"]
    (error,) = body["errors"]
    assert response.headers["x-amzn-errortype"] == error["errorType"]
    result: dict[str, Any] = error
    return result


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "Request body is empty."),
        ("meow", UNPARSED),
        ("[]", UNPARSED),
        ('[{"query": "{ categories { id } }"}]', UNPARSED),
        ("{}", UNPARSED),
        ('{"query": null}', UNPARSED),
        ('{"query": 7}', UNPARSED),
        ('{"query": ""}', UNPARSED),
        ('{"query": "meow"}', UNPARSED),
        ('{"query": "{}"}', UNPARSED),
        ('{"query": "{ categories { id }"}', UNPARSED),
        ('{"query": "{ categories { id } }", "variables": "x"}', UNPARSED),
        ('{"query": "fragment F on Product { id }"}', UNPARSED),
        ("[" * 5000 + "]" * 5000, UNPARSED),
        ('{"query": "{ categories { id } }", "variables": {"x": NaN}}', UNPARSED),
        (b'{"query": "\xff"}', UNPARSED),
        ('{"query": "{ me }", "variables": {"x": ' + "[" * 990 + "]" * 990 + "}}", UNPARSED),
    ],
)
def test_unreadable_request_is_400(twin: RunningTwin, content: bytes | str, message: str) -> None:
    response = send(twin, content)
    assert response.status_code == 400
    assert error_of(response) == {"errorType": MALFORMED, "message": message}


def test_json_is_read_before_credentials(twin: RunningTwin) -> None:
    response = twin.client.post("/graphql", content="meow")
    assert (response.status_code, error_of(response)["errorType"]) == (400, MALFORMED)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "Valid authorization header not provided."),
        ({"x-api-key": "da2-wrong"}, "You are not authorized to make this call."),
        ({"x-api-key": ""}, "You are not authorized to make this call."),
    ],
)
def test_missing_or_wrong_key_is_401(
    twin: RunningTwin, headers: dict[str, str], message: str
) -> None:
    response = twin.client.post("/graphql", json={"query": SEED_QUERY}, headers=headers)
    assert response.status_code == 401
    assert error_of(response) == {"errorType": "UnauthorizedException", "message": message}
    assert response.text.startswith('{\n  "errors" : [ {\n    "errorType" : "Unauthorized')


def test_unknown_operation_name_is_400(twin: RunningTwin) -> None:
    body = {"query": "query A { categories { id } }", "operationName": "B"}
    response = send(twin, json.dumps(body))
    assert response.status_code == 400
    assert error_of(response) == {
        "errorType": "BadRequestException",
        "message": "No operation matches the provided operation name B.",
    }


def test_two_operations_without_a_name_is_400(twin: RunningTwin) -> None:
    body = {"query": "query A { categories { id } } query B { categories { id } }"}
    assert error_of(send(twin, json.dumps(body)))["message"] == "Missing operation name."


def test_named_operation_is_picked(twin: RunningTwin) -> None:
    query = "query A { categories { id } } query B { products(limit: 1) { id } }"
    answer = send(twin, json.dumps({"query": query, "operationName": "B"})).json()
    assert list(answer["data"]) == ["products"]


def test_unknown_field_is_a_validation_error(twin: RunningTwin) -> None:
    response = twin.post("{ badfield }")
    assert response.status_code == 200
    assert response.json() == {
        "data": None,
        "errors": [
            {
                "path": None,
                "locations": [{"line": 1, "column": 3, "sourceName": None}],
                "message": "Validation error of type FieldUndefined: "
                "Field 'badfield' in type 'Query' is undefined @ 'badfield'",
            }
        ],
    }


def test_wrong_variable_type_is_a_coercion_error(twin: RunningTwin) -> None:
    answer = twin.post("query ($n: Int) { products(limit: $n) { id } }", {"n": "many"}).json()
    (error,) = answer["errors"]
    assert answer["data"] is None
    assert list(error) == ["path", "locations", "message"]
    assert "n" in error["message"]


def test_half_of_a_surrogate_pair_is_text_like_any_other(twin: RunningTwin) -> None:
    query = "query ($t: String) { searchProducts(text: $t) { items { id } } }"
    body = json.dumps({"query": query, "variables": {"t": "\ud800"}})
    assert send(twin, body).json() == {"data": {"searchProducts": {"items": []}}}


def test_null_for_a_required_variable_says_so(twin: RunningTwin) -> None:
    answer = twin.post("query ($id: ID!) { product(id: $id) { id } }", {"id": None}).json()
    assert answer["errors"][0]["message"] == (
        "Variable 'id' has coerced Null value for NonNull type 'ID!'"
    )


def test_resolver_error_has_the_six_keys(twin: RunningTwin) -> None:
    answer = twin.post("{ a: products(limit: 0) { id } categories { id } }").json()
    (error,) = answer["errors"]
    assert answer["data"] is None
    assert list(error) == ["path", "data", "errorType", "errorInfo", "locations", "message"]
    assert (error["path"], error["errorType"]) == (["a"], "Invalid")


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/graphql-response+json,application/json;q=0.9",
        "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json",
        "text/html",
    ],
)
def test_any_accept_gets_json(twin: RunningTwin, accept: str) -> None:
    response = twin.post(SEED_QUERY, accept=accept)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json;charset=UTF-8"


@pytest.mark.parametrize("content_type", ["application/graphql", "application/json", "text/plain"])
def test_body_is_json_whatever_it_is_called(twin: RunningTwin, content_type: str) -> None:
    body = json.dumps({"query": "{ categories { id } }", "extensions": {"clientLibrary": {}}})
    assert send(twin, body, **{"content-type": content_type}).json()["data"]["categories"]


def test_headers_are_appsyncs(twin: RunningTwin) -> None:
    headers = twin.post("{ categories { id } }").headers
    assert len(headers["x-amzn-requestid"]) == 36
    assert int(headers["x-amzn-appsync-tokensconsumed"]) >= 1
    assert headers["access-control-allow-origin"] == "*"
    assert "x-amzn-ErrorType" in headers["access-control-expose-headers"]


def test_preflight_allows_what_it_is_asked_for(twin: RunningTwin) -> None:
    asked = "content-type,x-api-key,x-amz-user-agent,authorization,x-amz-date"
    headers = {
        "origin": "http://localhost:3000",
        "access-control-request-method": "POST",
        "access-control-request-headers": asked,
    }
    response = twin.client.options("/graphql", headers=headers)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["access-control-allow-headers"] == asked
    assert "POST" in response.headers["access-control-allow-methods"]


def test_large_answers_are_compressed_when_asked(twin: RunningTwin) -> None:
    request = twin.client.build_request(
        "POST",
        "/graphql",
        json={"query": SEED_QUERY},
        headers={"x-api-key": twin.key, "accept-encoding": "gzip"},
    )
    response = twin.client.send(request, stream=True)
    raw = b"".join(response.iter_raw())
    response.close()
    assert response.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(raw))["data"]["products"]


@pytest.mark.parametrize("accepted", ["gzip;q=0", "br, gzip; q=0.0", "x-gzipped"])
def test_nothing_is_compressed_for_who_does_not_take_it(twin: RunningTwin, accepted: str) -> None:
    response = send(twin, json.dumps({"query": SEED_QUERY}), **{"accept-encoding": accepted})
    assert "content-encoding" not in response.headers


def test_deeply_nested_variables_are_no_burden(twin: RunningTwin) -> None:
    nested = "[" * 800 + "]" * 800
    content = f'{{"query": "{{ products(limit: 1) {{ id }} }}", "variables": {{"x": {nested}}}}}'
    assert send(twin, content).json()["data"]["products"]
    headers = {"authorization": "nobody's", "content-type": "application/json"}
    refused = twin.client.post("/graphql", content=content, headers=headers)
    assert (refused.status_code, error_of(refused)["errorType"]) == (401, "UnauthorizedException")


def test_get_answers_as_post_does(twin: RunningTwin) -> None:
    response = twin.client.get(
        "/graphql",
        params={"query": "query ($n: Int) { products(limit: $n) { id } }", "variables": '{"n": 2}'},
        headers={"x-api-key": twin.key},
    )
    assert len(response.json()["data"]["products"]) == 2


def test_two_megabytes_of_query_is_refused(twin: RunningTwin) -> None:
    query = "{ " + " ".join(f"a{n}: categories {{ id }}" for n in range(100_000)) + " }"
    assert len(query) > 2_000_000
    assert send(twin, json.dumps({"query": query})).status_code == 400
    assert twin.ask("{ categories { id } }")


def test_ten_thousand_aliases_are_refused(twin: RunningTwin) -> None:
    query = "{ " + " ".join(f"a{n}: __typename" for n in range(10_000)) + " }"
    response = send(twin, json.dumps({"query": query}))
    assert response.status_code == 400
    assert error_of(response)["message"] == "Maximum char length exceeded"


def test_more_resolvers_than_allowed_fail_and_the_others_answer(twin: RunningTwin) -> None:
    query = "{ " + " ".join(f'a{n}: product(id: "x") {{ id }}' for n in range(1_000)) + " }"
    assert "errors" not in twin.post(query).json()
    deep = "{ products(limit: 1000) { category { products(limit: 100) { category { id } } } } }"
    errors = twin.post(deep).json()["errors"]
    assert {error["errorType"] for error in errors} == {"ResolverExecutionLimitReached"}


def test_two_hundred_levels_are_cut_off(twin: RunningTwin) -> None:
    query = '{ product(id: "book-001") ' + "{ category { products(limit: 1) " * 98
    query += "{ id }" + " } }" * 98 + " }"
    answer = twin.post(query).json()
    assert {error["errorType"] for error in answer["errors"]} == {"QueryDepthLimitReached"}


def test_nothing_of_the_host_leaks(twin: RunningTwin) -> None:
    answers = [
        twin.post("{ products(limit: 0) { id } }").text,
        twin.post("{ nope }").text,
        send(twin, "meow").text,
        twin.client.get("/nothing/here").text,
    ]
    for text in answers:
        assert "Traceback" not in text
        assert ".py" not in text
        assert str(ROOT) not in text


def test_introspection_tells_the_schema(twin: RunningTwin) -> None:
    query = "{ __schema { queryType { fields { name args(includeDeprecated: true) { name } } } } }"
    fields = twin.ask(query)["__schema"]["queryType"]["fields"]
    assert "searchProducts" in {field["name"] for field in fields}


def test_introspection_is_the_same_beside_other_fields(twin: RunningTwin) -> None:
    schema = "__schema { types { name } directives { name args { name } } }"
    alone = twin.ask(f"{{ {schema} }}")
    assert twin.ask(f"{{ __typename {schema} }}") == {"__typename": "Query"} | alone
    beside = twin.ask(f"{{ {schema} products(limit: 1) {{ id }} }}")
    assert len(beside.pop("products")) == 1
    assert beside == alone
    assert "aws_api_key" in {each["name"] for each in alone["__schema"]["directives"]}


def test_health_answers(twin: RunningTwin) -> None:
    health = twin.client.get("/health").json()
    assert health["status"] == "ok"
    assert health["aws"].startswith("http://127.0.0.1:")
    socket.create_connection(("127.0.0.1", health["mqtt"]), timeout=5).close()


def test_amplify_outputs_configure_a_client(twin: RunningTwin) -> None:
    response = twin.client.get("/amplify_outputs.json")
    data = response.json()["data"]
    assert data["url"] == f"{twin.url}/graphql"
    assert data["api_key"] == twin.key
    assert response.headers["access-control-allow-origin"] == "*"
    assert twin.key.startswith("da2-")
    assert len(twin.key) == 30
