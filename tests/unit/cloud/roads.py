"""Two clients of one engine, by the lane and by plain botocore, and the calls our stores make."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session

from local.cloud.engine import Engine
from local.cloud.lane import install

BULKY = "x" * 300_000  # four are more than a page
FRUIT: dict[str, Any] = {
    "id": {"S": "apple"},
    "kind": {"S": "pome"},
    "price": {"N": "3.50"},
    "many": {"N": "12345678901234567890.5"},
    "ripe": {"BOOL": True},
    "eaten": {"NULL": True},
    "tags": {"SS": ["red", "green"]},
    "sizes": {"NS": ["1", "2.5"]},
    "place": {"M": {"row": {"N": "7"}, "names": {"L": [{"S": "é \U0001f600 \u2028"}, {"L": []}]}}},
}
BINARY = {"B": b"\x00\xff", "BS": [b"one", b"two"]}
Request = Mapping[str, Any]
Call = tuple[str, Request]


def client(url: str, lane: str | None, **config: Any) -> Any:
    """Make a DynamoDB client as Lambda code does; by the lane at a path, if there is one."""
    return of_session(session(lane), url, **config)


def session(lane: str | None) -> Session:
    """Make a session, of which all clients share the lane."""
    made = Session()
    if lane:
        install(made, lane)
    return made


def of_session(session: Session, url: str, **config: Any) -> Any:
    """Make a client of a session."""
    return session.create_client(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id=config.pop("key", "test"),
        aws_secret_access_key="test",  # noqa: S106 - the engine takes any
        config=Config(
            parameter_validation=False,
            retries={"mode": "standard", "total_max_attempts": 2},
            **config,
        ),
    )


@contextmanager
def engine(data: Path, *arguments: str) -> Iterator[tuple[Engine, str]]:
    """Run an engine for a while; gives its endpoint, too."""
    with asyncio.Runner() as runner:
        made = Engine(data, arguments=arguments)
        url = runner.run(made.start())
        try:
            yield made, url
        finally:
            runner.run(made.stop())


def by_lane(answer: Any) -> bool:
    """Tell which road an answer came: HTTP brings a checksum along."""
    return "x-amz-crc32" not in answer["ResponseMetadata"]["HTTPHeaders"]


def outcome(client: Any, call: Call) -> Any:
    """Give what a call comes to: its answer or its error, less what no two calls have in common."""
    operation, request = call
    try:
        answer = getattr(client, operation)(**request)
    except ClientError as error:
        named = type(error) is client.exceptions.from_code(error.response["Error"]["Code"])
        answer = {**error.response, "error": [type(error).__name__, str(error), named]}
    metadata = answer["ResponseMetadata"]
    assert len(metadata.pop("RequestId")) == 36
    metadata["HTTPHeaders"] = metadata["HTTPHeaders"]["content-type"]
    return answer


def typed(value: Any) -> Any:
    """Show every value with its type; of times, the type alone."""
    if isinstance(value, dict):
        return {key: typed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [typed(each) for each in value]
    kind = type(value).__name__
    return kind if kind == "datetime" else (kind, value)


def writes(table: str) -> list[Call]:
    """Give calls that write, and some that are refused, in an order."""
    key, named = {"id": FRUIT["id"]}, {"TableName": table}
    new = {"ConditionExpression": "attribute_not_exists(id)"}
    old = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    put = {**named, "Item": FRUIT}
    more = [{**FRUIT, "id": {"S": f"fruit-{n}"}} for n in range(3)]
    bulky = [{"id": {"S": f"bulk-{n}"}, "kind": {"S": "bulk"}} for n in range(5)]
    set_price = {
        "UpdateExpression": "SET price = :p ADD tags :t",
        "ExpressionAttributeValues": {":p": {"N": "4"}, ":t": {"SS": ["new"]}},
    }
    return [
        ("put_item", put),
        ("put_item", put | new),
        ("put_item", put | new | old),
        (
            "put_item",
            {**named, "Item": {"id": {"S": "binary"}} | {k: {k: BINARY[k]} for k in BINARY}},
        ),
        ("put_item", {**named, "Item": {"id": {"S": "text"}, "B": {"S": '"B": "BS":'}}}),
        ("put_item", {**named, "Item": {"id": {"S": ""}}}),
        ("put_item", {**named, "Item": {"kind": {"S": "nameless"}}}),
        ("update_item", {**named, "Key": key, "ReturnValues": "ALL_NEW"} | set_price),
        ("update_item", {**named, "Key": key} | set_price | new | old),
        ("update_item", {**named, "Key": key, "UpdateExpression": "SET nonsense"}),
        (
            "batch_write_item",
            {"RequestItems": {table: [{"PutRequest": {"Item": i}} for i in more]}},
        ),
        *(("put_item", {**named, "Item": each | {"text": {"S": BULKY}}}) for each in bulky),
        ("transact_write_items", {"TransactItems": [{"Put": put}, {"Delete": _delete(table, 0)}]}),
        ("transact_write_items", {"TransactItems": [{"Put": put | new | old}, {"Put": put}]}),
        (
            "transact_write_items",
            {"TransactItems": [{"Put": put | new}, {"Delete": _delete(table, 1)}]},
        ),
        ("delete_item", _delete(table, 2) | {"ReturnValues": "ALL_OLD"}),
        ("put_item", put | {"TableName": "nowhere"}),
    ]


def reads(table: str) -> list[Call]:
    """Give calls that read."""
    named = {"TableName": table}
    kind: dict[str, Any] = {
        **named,
        "IndexName": "by-kind",
        "KeyConditionExpression": "#k = :k",
        "ExpressionAttributeNames": {"#k": "kind"},
    }

    def of(name: str, **more: Any) -> Call:
        return "query", kind | {"ExpressionAttributeValues": {":k": {"S": name}}} | more

    keys = [{"id": {"S": name}} for name in ("apple", "binary", "text", "fruit-1", "missing")]
    start = {"id": {"S": "bulk-2"}, "kind": {"S": "bulk"}}
    return [
        *(("get_item", {**named, "Key": key, "ConsistentRead": True}) for key in keys),
        ("batch_get_item", {"RequestItems": {table: {"Keys": keys}}}),
        ("transact_get_items", {"TransactItems": [{"Get": {**named, "Key": k}} for k in keys]}),
        of("pome"),
        of("none at all"),
        of("pome", Limit=1, ReturnConsumedCapacity="TOTAL"),
        of("bulk", ScanIndexForward=False),
        of("bulk", ExclusiveStartKey=start),
        of("bulk", Select="COUNT"),
        of("pome", IndexName="by-nothing"),
        of("pome", ConsistentRead=True),
        ("scan", named),
        ("scan", named | {"Limit": 2, "FilterExpression": "attribute_exists(price)"}),
        ("query", named),
        ("get_item", {"TableName": "nowhere", "Key": keys[0]}),
        ("describe_table", named),
        ("describe_time_to_live", named),
        ("list_tables", {}),
    ]


def table_request(table: str) -> Request:
    """Describe the table of all these calls."""

    def keys(**of: str) -> list[dict[str, str]]:
        return [{"AttributeName": name, "KeyType": kind} for name, kind in of.items()]

    return {
        "TableName": table,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": keys(id="HASH"),
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "S"} for name in ("id", "kind")
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by-kind",
                "KeySchema": keys(kind="HASH", id="RANGE"),
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    }


def raised(call: Callable[[], Any]) -> tuple[str, str]:
    """Give what a call raises, and what that says."""
    try:
        call()
    except Exception as error:
        return type(error).__name__, str(error)
    raise AssertionError("nothing was raised")


def _delete(table: str, number: int) -> dict[str, Any]:
    return {"TableName": table, "Key": {"id": {"S": f"fruit-{number}"}}}
