"""What arrives, and what does not: appsync.md 6."""

import pytest

from tests.realtime.server import USER, Server, connected, person

PUT = 'mutation { putBook(id: "%s", title: "%s", price: 2, inner: "i") { %s } }'
ALL = "id title price required inner { text json } "


def put(server: Server, id: str, title: str = "t", selection: str = ALL) -> None:
    answer = server.post(PUT % (id, title, selection))
    assert "errors" not in answer, answer


def test_the_event_is_cut_to_the_subscribers_selection(server: Server) -> None:
    with connected(server) as client:
        client.subscribe("1", "subscription { onBook { title inner { text } } }")
        put(server, "7", "Emma")
        wanted = {"data": {"onBook": {"title": "Emma", "inner": {"text": "i"}}}}
        assert client.data("1") == wanted


def test_aliases_fragments_and_typename_are_the_subscribers(server: Server) -> None:
    query = """subscription S($with: Boolean!) {
      b: onBook { __typename ...F no: price @include(if: $with) yes: price @skip(if: $with) }
    } fragment F on Book { name: title inner { ... on Inner { t: text } } }"""
    with connected(server) as client:
        client.subscribe("1", query, {"with": False})
        put(server, "7", "Emma")
        book = {"__typename": "Book", "name": "Emma", "inner": {"t": "i"}, "yes": 2.0}
        assert client.data("1") == {"data": {"b": book}}


def test_what_the_mutation_did_not_select_is_null(server: Server) -> None:
    with connected(server) as client:
        client.subscribe("1", "subscription { onBook { id title } }")
        put(server, "7", selection="id")
        assert client.data("1") == {"data": {"onBook": {"id": "7", "title": None}}}


def test_null_where_none_may_be_is_an_error_and_data_stays_an_object(server: Server) -> None:
    with connected(server) as client:
        client.subscribe("1", "subscription { onBook { id required } }")
        put(server, "7", selection="id")
        message = (
            "Cannot return null for non-nullable type: 'String' within parent 'Book' "
            "(/onBook/required)"
        )
        error = {"path": ["onBook", "required"], "locations": None, "message": message}
        assert client.data("1") == {"data": {"onBook": None}, "errors": [error]}
        assert message in server.logged[-1]  # whoever wrote the mutation is told as well


def test_a_type_that_the_mutation_did_not_tell_is_an_error(server: Server) -> None:
    with connected(server) as client:
        client.subscribe("1", "subscription { onWork { id } }")
        assert server.post('mutation { putWork(id: "7") { id } }')["data"]["putWork"]
        message = "Could not determine the exact type of Work. Missing __typename key on value.'"
        error = {
            "path": ["onWork"],
            "locations": None,
            "errorType": "BadRequestException",
            "message": message,
        }
        assert client.data("1") == {"data": {"onWork": None}, "errors": [error]}
        assert message in server.logged[-1]
        server.post('mutation { putWork(id: "8") { __typename id } }')
        assert client.data("1") == {"data": {"onWork": {"id": "8"}}}


def test_an_alias_in_the_mutation_hides_the_field(server: Server) -> None:
    with connected(server) as client:
        client.subscribe("1", "subscription { onBook { id title } }")
        put(server, "7", "Emma", selection="id name: title")
        assert client.data("1") == {"data": {"onBook": {"id": "7", "title": None}}}


def test_an_alias_of_the_mutation_itself_hides_nothing(server: Server) -> None:
    with connected(server) as client:
        client.subscribe("1", "subscription { onBook { id } }")
        answer = server.post('mutation { a: putBook(id: "1") { id } b: putBook(id: "2") { id } }')
        assert "errors" not in answer
        assert [client.data("1")["data"]["onBook"]["id"] for _ in "ab"] == ["1", "2"]


def test_nested_resolvers_are_not_run_again(server: Server) -> None:
    with connected(server) as client:
        client.subscribe("1", "subscription { onBook { id notes } }")
        asked = server.notes_asked
        put(server, "7", selection="id")
        assert client.data("1") == {"data": {"onBook": {"id": "7", "notes": None}}}
        put(server, "8", selection="id notes")
        assert client.data("1") == {"data": {"onBook": {"id": "8", "notes": "notes on 8"}}}
        assert server.notes_asked == asked + 1


def test_json_goes_out_as_the_mutation_wrote_it(server: Server) -> None:
    with connected(server) as client:
        client.subscribe("1", "subscription { onBook { inner { json } } }")
        answer = server.post(PUT % ("7", "t", "inner { json }"))
        event = client.data("1")["data"]["onBook"]
        assert event == answer["data"]["putBook"]


def test_a_field_that_fails_publishes_nothing_its_siblings_do(server: Server) -> None:
    with connected(server) as client:
        client.subscribe("1", "subscription { onBook { id } }")
        answer = server.post('mutation { putBook(id: "1") { id } dropBook(id: "none") { id } }')
        assert answer["data"] is None  # dropBook gives null where it must not
        put(server, "2")
        assert [client.data("1")["data"]["onBook"]["id"] for _ in "12"] == ["1", "2"]


def test_a_field_the_subscriber_may_not_see(server: Server) -> None:
    with connected(server) as client:
        client.subscribe("1", "subscription { onBook { id secret } }")
        mutation = 'mutation { putBook(id: "1", secret: "s") { id secret } }'
        assert "errors" not in server.post(mutation, user="ada")
        payload = client.data("1")
        assert payload["data"] == {"onBook": {"id": "1", "secret": None}}
        (error,) = payload["errors"]
        assert error["errorType"] == "Unauthorized"
        assert error["message"] == "Not Authorized to access secret on type Book"


def test_a_list_is_told_as_a_list(server: Server) -> None:
    with connected(server) as client:
        client.subscribe("1", "subscription { onBooks { id title } }")
        server.post('mutation { putBooks(ids: ["1", "2"]) { id } }')
        books = [{"id": "1", "title": None}, {"id": "2", "title": None}]
        assert client.data("1") == {"data": {"onBooks": books}}


@pytest.mark.parametrize(
    ("query", "variables", "titles"),
    [
        ("subscription { onBook { title } }", {}, ["a", "b", None]),
        ('subscription { onBook(title: "b") { title } }', {}, ["b"]),
        ("subscription { onBook(title: null) { title } }", {}, [None]),
        ("subscription($t: String) { onBook(title: $t) { title } }", {"t": "a"}, ["a"]),
        ("subscription($t: String) { onBook(title: $t) { title } }", {"t": None}, [None]),
        ("subscription($t: String) { onBook(title: $t) { title } }", {}, [None]),
        ('subscription($t: String = "b") { onBook(title: $t) { title } }', {}, ["b"]),
        ('subscription { onBook(title: "b", price: 3) { title } }', {}, []),
        ('subscription { onBook(title: "b", price: 2) { title } }', {}, ["b"]),
    ],
    ids=["omitted", "equal", "null", "variable", "null-variable", "unset", "default", "and", "all"],
)
def test_arguments_filter(
    server: Server, query: str, variables: dict[str, str], titles: list[str | None]
) -> None:
    with connected(server) as client:
        client.subscribe("filtered", query, variables)
        client.subscribe("all", "subscription { onBook { title id } }")
        put(server, "1", "a", "id title price")
        put(server, "2", "b", "id title price")
        server.post('mutation { putBook(id: "3", price: 2) { id title price } }')
        seen = []
        while True:
            frame = client.next()
            book = frame["payload"]["data"]["onBook"]
            if frame["id"] == "filtered":
                seen.append(book["title"])
            elif book["id"] == "3":
                break
        # Both hear of an event in the same turn, the filtered one perhaps second.
        if len(seen) < len(titles):
            seen.append(client.data("filtered")["data"]["onBook"]["title"])
        assert seen == titles


def test_a_field_that_was_not_selected_counts_as_null_for_arguments(server: Server) -> None:
    with connected(server) as client:
        client.subscribe("a", 'subscription { onBook(title: "a") { id } }')
        client.subscribe("null", "subscription { onBook(title: null) { id } }")
        put(server, "1", "a", "id")
        assert client.data("null") == {"data": {"onBook": {"id": "1"}}}
        put(server, "2", "a", "id title")
        assert client.data("a") == {"data": {"onBook": {"id": "2"}}}


def test_an_event_that_is_passed_over_for_want_of_a_field_is_logged_once(server: Server) -> None:
    with connected(server) as client:
        client.subscribe("a", "subscription { onBook(price: 2) { id } }")
        for _ in range(2):
            put(server, "1", "a", "id")
        put(server, "2", "a", "id price")
        assert client.data("a") == {"data": {"onBook": {"id": "2"}}}
        lines = [line for line in server.logged if "reached nobody" in line and "price" in line]
        assert len(lines) == 1


def test_a_declared_filter_keeps_others_away(server: Server) -> None:
    mine = {"authorization": person("ada")}
    with connected(server) as client:
        client.subscribe("1", "subscription { onOwnBook { id } }", authorization=mine)
        other = 'mutation { putBook(id: "1", owner: "somebody") { id owner } }'
        own = 'mutation { putBook(id: "2", owner: "%s") { id owner } }' % USER  # noqa: UP031
        server.post(other)
        server.post(own)
        assert client.data("1") == {"data": {"onOwnBook": {"id": "2"}}}
        query = 'subscription { onOwnBook(owner: "somebody") { id } }'
        client.start("2", query, authorization=mine)
        (error,) = client.errors("2")
        assert error["errorType"] == "Forbidden"


def test_over_240_kilobytes_nothing_arrives_and_the_log_tells(server: Server) -> None:
    with connected(server) as client:
        client.subscribe("1", "subscription { onBook { id } }")
        put(server, "1", "too large")
        put(server, "2")
        assert client.data("1") == {"data": {"onBook": {"id": "2"}}}
        assert "onBook" in server.logged[-1]


def test_nothing_is_left_of_a_client_that_is_gone(server: Server) -> None:
    with connected(server) as client:
        client.subscribe("1", "subscription { onBook { id } }")
        client.subscribe("2", 'subscription { onBook(id: "1") { id } }')
        assert server.run(server.broker.counts) == {"onBook": 2}
        client.send({"type": "stop", "id": "1"})
        assert client.next() == {"type": "complete", "id": "1"}
        assert server.run(server.broker.counts) == {"onBook": 1}
    with connected(server) as client:
        assert server.run(server.broker.counts) == {}
