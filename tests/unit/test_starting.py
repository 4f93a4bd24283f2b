"""Why a twin does not start, said in one sentence."""

import pytest
from graphql import parse

from local.starting import StartError, reading
from resolvers.shared.scalars import SCALARS


def test_a_schema_that_can_not_be_read() -> None:
    with pytest.raises(StartError, match=r"^schema\.graphql:2: Syntax Error: ."), reading():
        parse("\ntype {")


def test_what_the_code_of_contexts_raises() -> None:
    with (
        pytest.raises(StartError, match=r"^resolvers/shared/scalars\.py:\d+: \w+: ."),
        reading(),
    ):
        SCALARS["AWSDate"].parse("tomorrow")


def test_what_is_not_theirs_passes_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError), reading():
        _ = 1 / 0
