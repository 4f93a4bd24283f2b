"""Values in the order of their parents."""

from threading import Barrier

from resolvers.shared.batching import in_order, side_by_side


def test_found_lines_up_with_its_keys() -> None:
    assert in_order(["b", "x", "a", "b"], ["A", "B"], str.lower) == ["B", None, "A", "B"]
    assert in_order([], ["A"], str.lower) == []


def test_calls_are_made_once_an_argument_and_given_in_order() -> None:
    asked = []

    def call(argument: str) -> str:
        asked.append(argument)
        return argument.upper()

    assert side_by_side(call, ["b", "a", "b", "c"]) == ["B", "A", "B", "C"]
    assert sorted(asked) == ["a", "b", "c"]
    assert side_by_side(call, []) == []


def test_calls_run_at_the_same_time() -> None:
    together = Barrier(4, timeout=5)
    assert len(side_by_side(lambda _: together.wait(), [1, 2, 3, 4])) == 4
