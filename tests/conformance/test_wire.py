"""Every case, tried on a twin or (see README.md) on a deployed API."""

from collections import Counter

import pytest

from tests.conformance.cases import Case, read_cases
from tests.conformance.target import target
from tests.conformance.wire import Api, compare

AIM = target()
CASES = read_cases()
FEWEST = 150


def parameter(case: Case) -> object:
    marks: list[pytest.MarkDecorator] = []
    if AIM.url:
        marks.append(pytest.mark.enable_socket)
        if case.here_alone:
            marks.append(pytest.mark.skip(reason="makes sense on a twin alone"))
        elif not case.proved and not AIM.everything:
            marks.append(pytest.mark.skip(reason="nobody has seen AppSync answer so"))
    elif case.xfail:
        marks.append(pytest.mark.xfail(reason=case.xfail))
    return pytest.param(case, id=f"{case.subject}-{case.name}", marks=marks)


@pytest.mark.parametrize("case", [parameter(case) for case in CASES])
def test_answer_is_appsyncs(case: Case, api: Api) -> None:
    found = compare(case, api)
    assert not found, "\n".join([f"{case.source} [{case.mark}]", *found])


def test_there_are_enough_cases_and_no_two_ask_the_same() -> None:
    asked = Counter(
        repr((case.who, case.api, case.request, case.functions, case.limits)) for case in CASES
    )
    assert len(CASES) >= FEWEST
    assert [request for request, times in asked.items() if times > 1] == []
