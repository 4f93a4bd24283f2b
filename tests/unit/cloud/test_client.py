"""The server's own way to AWS, where the endpoint is not well."""

import asyncio

import pytest

from local.cloud.client import AwsError, Client

PAGE = b"<html>Bad gateway</html>"


@pytest.mark.parametrize("status", ["502 Bad Gateway", "200 OK"])
def test_an_answer_that_is_no_json_is_an_error_of_aws(status: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(PAGE)}\r\n\r\n".encode() + PAGE)
        await writer.drain()
        writer.close()

    async def scenario() -> None:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            client = Client(f"http://127.0.0.1:{port}")
            with pytest.raises(AwsError, match="no JSON"):
                await client.call("Kinesis_20131202.ListStreams", {})
            client.close()

    asyncio.run(scenario())
