"""Devices that sync now and then, amid writes from environments with clocks of their own, converge.

Time is simulated. A write takes effect up to ten seconds after it took its stamp, the function's
timeout, and clocks are off by up to 25 seconds either way: together what OVERLAP allows for.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.todos import service, store
from resolvers.todos.model import CreateTodoInput, Todo, UpdateTodoInput
from resolvers.todos.service import OVERLAP
from tests.unit.todos.agenda import NOON, Device, empty

DAY = 24 * 60 * 60
SKEW, DELAY = 25, 10
Step = Callable[["World"], None]


def test_world_is_as_bad_as_promised() -> None:
    assert 2 * SKEW + DELAY == OVERLAP


@dataclass
class World:
    """The server, two devices, and the true time."""

    time: datetime = NOON
    made: int = 0
    devices: tuple[Device, Device] = field(default_factory=lambda: (Device(), Device()))

    def write(self, kind: str, which: int, lag: float) -> None:
        """Write with a stamp that is `lag` seconds old, or from a clock ahead."""
        clock = lambda: self.time - timedelta(seconds=lag)  # noqa: E731
        living = sorted(server())
        if kind == "create" or not living:
            self.made += 1
            service.create("alice", CreateTodoInput("x", id=f"t{self.made}"), clock=clock)
            return
        id = living[which % len(living)]
        if kind == "delete":
            service.delete("alice", id, None, clock=clock)
        else:
            version = server()[id].version
            service.update("alice", UpdateTodoInput(id, version, done=True), clock=clock)

    def sync(self, device: int, limit: int, ahead: int, meanwhile: list[Step]) -> None:
        """Sync a device, with steps between its pages."""
        left: Iterator[Step] = iter(meanwhile)

        def between() -> None:
            if step := next(left, None):
                step(self)

        clock = lambda: self.time + timedelta(seconds=ahead)  # noqa: E731
        self.devices[device].sync(clock, limit, between)
        if not meanwhile:
            assert self.devices[device].living == server()


def server() -> dict[str, Todo]:
    return {todo.id: todo for todo in store.by_id("alice", None, 1000) if not todo.deleted}


def wait(seconds: float) -> Step:
    def step(world: World) -> None:
        world.time += timedelta(seconds=seconds)

    return step


WRITES: st.SearchStrategy[Step] = st.builds(
    lambda kind, which, lag: lambda world: world.write(kind, which, lag),
    st.sampled_from(["create", "create", "update", "update", "delete"]),
    st.integers(0, 9),
    st.sampled_from([-SKEW, 0, SKEW + DELAY]),
)
SHORT_WAITS = st.sampled_from([0.4, 1, 5]).map(wait)
WAITS = st.sampled_from([0.4, 1, 30, OVERLAP, 3600, DAY, 29.9 * DAY, 40 * DAY]).map(wait)
SYNCS: st.SearchStrategy[Step] = st.builds(
    lambda *given: lambda world: world.sync(*given),
    st.integers(0, 1),
    st.integers(1, 4),
    st.sampled_from([-SKEW, 0, SKEW]),
    st.lists(WRITES | SHORT_WAITS, max_size=4),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(WRITES | SYNCS | WAITS, min_size=4, max_size=30))
def test_devices_converge(steps: list[Step]) -> None:
    empty()
    world = World()
    for step in steps:
        step(world)
    for device in (0, 1):
        world.sync(device, 3, SKEW, [])
