"""`python -m infra`: synthesise to cdk.out, with the bundle, and print the template."""

import argparse
import json
import os
import sys
from pathlib import Path

from infra.app import synthesise
from infra.bundle import ROOT, build
from infra.settings import InvalidSetting
from resolvers.registry import registry


def main() -> None:
    """Run from the shell, or by the CDK's CLI, which says where it looks and wants no print."""
    parser = argparse.ArgumentParser(prog="python -m infra", description=__doc__)
    parser.add_argument(
        "-c", "--context", action="append", default=[], type=_pair, metavar="KEY=VALUE"
    )
    context = dict(parser.parse_args().context)
    told = os.environ.get("CDK_OUTDIR")
    try:
        template = synthesise(
            registry=registry(),
            bundle=build(ROOT / "build" / "lambda"),
            outdir=Path(told or ROOT / "cdk.out"),
            context=context,
        )
    except InvalidSetting as error:
        parser.error(str(error))
    if not told:
        sys.stdout.write(json.dumps(template, indent=1) + "\n")


def _pair(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    if not (key and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value


if __name__ == "__main__":
    main()
