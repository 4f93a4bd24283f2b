"""A quicker road back from DynamoDB, for the twin's environments only.

botocore walks a response along the service's model, with ten look-ups per attribute. What it builds
for items is the JSON itself, so these responses are read by orjson and left as they are.
"""

from typing import Any

import orjson
from botocore.parsers import ResponseParserFactory
from botocore.session import Session

ITEMS = {
    "QueryOutput",
    "ScanOutput",
    "GetItemOutput",
    "BatchGetItemOutput",
    "TransactGetItemsOutput",
}


class ItemParser:
    """Reads responses with items; leaves others, errors and binary attributes to botocore."""

    def __init__(self, stock: Any) -> None:
        self._stock = stock

    def parse(self, response: dict[str, Any], shape: Any) -> Any:
        """Parse a response, as botocore's parsers do."""
        body = response["body"]
        unusual = response["status_code"] != 200 or b'"B":' in body or b'"BS":' in body  # noqa: PLR2004
        if shape is None or shape.name not in ITEMS or unusual:
            return self._stock.parse(response, shape)
        headers = {name.lower(): value for name, value in response["headers"].items()}
        metadata = {
            "RequestId": headers.get("x-amzn-requestid"),
            "HTTPStatusCode": response["status_code"],
            "HTTPHeaders": headers,
        }
        return orjson.loads(body) | {"ResponseMetadata": metadata}


class ParserFactory(ResponseParserFactory):
    """Gives DynamoDB's protocol our parser, and every other its own."""

    def create_parser(self, protocol_name: str) -> Any:
        """Make the parser of a protocol."""
        stock = super().create_parser(protocol_name)
        return ItemParser(stock) if protocol_name == "json" else stock


def install(session: Session) -> None:
    """Have the clients of a session read items quickly."""
    session.register_component("response_parser_factory", ParserFactory())
