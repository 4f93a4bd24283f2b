"""What the pipeline hands from step to step."""

from dataclasses import dataclass, field

from resolvers.devices.model import Reading


class Poison(Exception):
    """A record that can never become a reading; str() says why, for those who look after it."""


class Failed(Exception):
    """A step that did not come off now and may, if tried again."""


@dataclass(frozen=True, slots=True)
class Message:
    """A reading that a device sent, by its place in the batch; the cursor is the record's own.

    A `told` one is in the dump, and its alert at the topic, since the batch came before.
    """

    place: int
    reading: Reading
    told: bool = False

    @property
    def key(self) -> str:
        """Name the message, wherever it comes: a device's id has no slash, for topics cannot."""
        return f"{self.reading.device_id}/{self.reading.id}"


@dataclass(frozen=True, slots=True)
class SetAside:
    """A poison record, by its place in the batch."""

    place: int
    reason: str


@dataclass(slots=True)
class Sorted:
    """The messages of a batch that matter; duplicates are other records' concern.

    `again` are records that were stored when this very batch came before, and may not have been
    published.
    """

    new: list[Message] = field(default_factory=list)
    again: list[Message] = field(default_factory=list)
    unknown: list[Message] = field(default_factory=list)
