"""What the twin says to the person who started it."""

import json
import os
import sys

DEVICES = "(user: a device's id, password: local- and the id)"
SEED_QUERY = '{ products(category: \\"book\\") { name description price } }'


def log(line: str) -> None:
    """Write one line whole, so that lines of several processes don't mix."""
    os.write(sys.stderr.fileno(), f"{line}\n".encode())


def function_log(line: str) -> None:
    """Write a function's line; of a JSON line with an exception, the trace as people read it."""
    prefix, brace, rest = line.partition("{")
    try:
        entry = json.loads(brace + rest) if brace else None
    except ValueError:
        entry = None
    if isinstance(entry, dict) and "_aws" in entry:  # a metric, for CloudWatch to take out
        return None
    if not isinstance(entry, dict) or "exception" not in entry:
        return log(line)
    for part in (f"{entry.get('level')} {entry.get('message')}", *entry["exception"].splitlines()):
        log(prefix + part)
    return None


def progress(line: str) -> None:
    """Tell what is going on."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def fail(sentence: str) -> int:
    """Say why it can't be; returns the exit status."""
    sys.stderr.write(f"twinberry: {sentence}\n")
    return 1


def _users() -> str:
    from local.cloud.users import seeded  # noqa: PLC0415 - its imports are for later

    return "\n".join(
        f"    {user.username:<12} {user.password:<16} {', '.join(user.groups)}".rstrip()
        for user in seeded()
    )


def banner(port: int, mqtt_port: int | None, api_key: str, seconds: float) -> None:
    """Say where everything is and what to try next."""
    devices = "off" if mqtt_port is None else f"mqtt://localhost:{mqtt_port}  {DEVICES}"
    url = f"http://localhost:{port}"
    progress(f"""
  Twinberry is up ({seconds:.1f} s). Ctrl-C stops it; its state is kept.

    GraphQL      {url}/graphql
    Playground   {url}/
    Amplify      {url}/amplify_outputs.json
    API key      {api_key}
    Devices      {devices}

  Sign in, by Cognito or with: curl {url}/local/token -d '{{"user": "alice"}}'
{_users()}
  or as a partner, by the Lambda authorizer: -H 'authorization: partner-demo'

  Try:
    curl {url}/graphql -H 'x-api-key: {api_key}' \\
      -d '{{"query": "{SEED_QUERY}"}}'

  Back to the seeds:  curl -X POST {url}/local/reset
""")
