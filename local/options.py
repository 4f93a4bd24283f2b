"""What `python -m local` may be told."""

import argparse
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from infra.settings import Caching, Oidc
from local.iot.listening import OFF


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one run.

    `fd` (a listening socket), `again` and `lane` are `--reload`'s to itself, `stages` bench's.
    """

    port: int
    data: Path
    fresh: bool
    endpoint_url: str | None
    reload: bool
    fd: int | None
    again: bool = False
    oidc: Oidc | None = None
    cache: Caching = Caching.OFF
    introspection: bool = True
    mqtt_port: int | None = None
    watched_only: bool = False
    aws_over_http: bool = False
    lane: Path | None = None
    stages: bool = False


def read_options(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line; explains itself and exits if it makes no sense."""
    parser = argparse.ArgumentParser(
        prog="python -m local", description="AppSync on this machine.", allow_abbrev=False
    )
    port = os.environ.get("PORT") or "4000"
    parser.add_argument("--port", type=_port, default=port, help="port to serve (4000, or PORT)")
    parser.add_argument(
        "--data", type=Path, default=Path(".twinberry"), help="folder of the state (.twinberry)"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="forget the state, start from the seeds"
    )
    parser.add_argument("--endpoint-url", help="use this AWS endpoint instead of the embedded one")
    parser.add_argument(
        "--reload", action="store_true", help="restart when the code or schema changes"
    )
    parser.add_argument(
        "--aws-over",
        choices=["lane", "http"],
        default="lane",
        help="functions reach the embedded DynamoDB by a short way, or as botocore does (lane)",
    )
    parser.add_argument(
        "--mqtt-port",
        type=_mqtt_port,
        help="port for devices, 0 for any, or off (1883; any if that is taken)",
    )
    _add_what_a_stage_may_have(parser)
    _add_what_is_for_programs(parser)
    given = parser.parse_args(arguments)
    oidc = Oidc(given.oidc_issuer, given.oidc_client_id) if given.oidc_issuer else None
    return Options(
        given.port,
        given.data,
        given.fresh,
        given.endpoint_url,
        given.reload,
        given.fd,
        given.again,
        oidc,
        Caching(given.cache),
        given.introspection == "on",
        given.mqtt_port,
        given.publish == "watched",
        given.aws_over == "http",
        given.lane,
        given.stages,
    )


def _add_what_is_for_programs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fd", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--again", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--lane", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--stages", action="store_true", help=argparse.SUPPRESS)


def _add_oidc(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--oidc-issuer",
        type=_issuer,
        default=os.environ.get("OIDC_ISSUER"),
        help="take the tokens of this OpenID Connect issuer too (or OIDC_ISSUER)",
    )
    parser.add_argument(
        "--oidc-client-id",
        type=_pattern,
        default=os.environ.get("OIDC_CLIENT_ID"),
        help="regular expression for the aud or azp of its tokens (or OIDC_CLIENT_ID)",
    )


def _issuer(text: str) -> str:
    url = urlsplit(text)
    secret = url.scheme == "https" or url.hostname in {"localhost", "127.0.0.1"}
    if not (secret and url.scheme in {"http", "https"} and url.hostname):
        raise argparse.ArgumentTypeError(f"{text!r} is not https, nor on this machine")
    return text


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None
    return text


def _add_what_a_stage_may_have(parser: argparse.ArgumentParser) -> None:
    _add_oidc(parser)
    parser.add_argument(
        "--cache",
        choices=[each.value for each in Caching],
        default=Caching.OFF.value,
        help="cache what the bindings say (on) or every field (full), as a stage may (off)",
    )
    parser.add_argument(
        "--introspection", choices=["on", "off"], default="on", help="as a stage may (on)"
    )
    parser.add_argument(
        "--publish",
        choices=["all", "watched"],
        default="all",
        help="publish all readings, or those of watched devices, as a stage may (all)",
    )


def _mqtt_port(text: str) -> int:
    return OFF if text == "off" else _port(text)


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = -1
    if not 0 <= port <= 65535:  # noqa: PLR2004 - what a port can be
        raise argparse.ArgumentTypeError(f"{text!r} is not a port")
    return port
