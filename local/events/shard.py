"""A shard brought to a worker: lanes by partition key, batches in order, checkpoints behind."""

import asyncio
import zlib
from collections import deque
from collections.abc import Sequence

from local.events.checkpoints import Checkpoints
from local.events.delivery import Delivery
from local.events.model import LARGEST_BATCH, Mapping, Record
from local.events.sources import Tail

AHEAD = 20  # batches that are read before they are due, per lane
CHECKPOINT_SECONDS = 0.5


class Progress:
    """Up to where every record of a shard is done, though they end out of order."""

    def __init__(self, reader: str, shard: str, checkpoints: Checkpoints) -> None:
        self._reader, self._shard, self._checkpoints = reader, shard, checkpoints
        self._order: deque[str] = deque()
        self._done: set[str] = set()
        self._reached: str | None = None
        self._moved = asyncio.Event()
        self._ended = asyncio.Event()

    def expect(self, records: Sequence[Record]) -> None:
        """Hear of records that will be worked on, in the shard's order."""
        self._order.extend(record.sequence for record in records)

    def done(self, records: Sequence[Record]) -> None:
        """Hear of records that are done, in any order."""
        self._done.update(record.sequence for record in records)
        self._ended.set()
        while self._order and self._order[0] in self._done:
            self._reached = self._order.popleft()
            self._done.discard(self._reached)
            self._moved.set()

    async def below(self, most: int) -> None:
        """Wait until at most so many records are read and not done."""
        while len(self._order) - len(self._done) > most:
            self._ended.clear()
            await self._ended.wait()

    async def keep(self) -> None:
        """Write the checkpoint down, now and then, for ever."""
        while True:
            await self._moved.wait()
            await self.save()
            await asyncio.sleep(CHECKPOINT_SECONDS)

    async def save(self) -> None:
        """Write the checkpoint down, if it has moved."""
        if self._moved.is_set() and self._reached:
            self._moved.clear()
            if not await self._checkpoints.write(self._reader, self._shard, self._reached):
                self._moved.set()


class Lane:
    """One batch at a time of the records that came for some of the keys."""

    def __init__(self, mapping: Mapping, delivery: Delivery, progress: Progress) -> None:
        self._worker, self._delivery, self._progress = mapping.worker, delivery, progress
        self._waiting: deque[Record] = deque()
        self._bytes = 0
        self._came = asyncio.Event()
        self._busy = self._closing = False

    def add(self, record: Record) -> None:
        """Take a record behind the others."""
        self._waiting.append(record)
        self._bytes += record.size
        self._came.set()

    async def run(self) -> None:
        """Deliver batch after batch."""
        while not self._closing:
            await self._gather()
            self._busy = True
            await self._delivery.deliver(self._batch(), self._progress.done)
            self._busy = False

    def close(self) -> bool:
        """Begin no further batch; tells whether one is under way."""
        self._closing = True
        return self._busy

    async def _gather(self) -> None:
        """Wait for a record, and then, within the window, for as many as make a batch."""
        await self._first()
        loop = asyncio.get_running_loop()
        until = loop.time() + self._worker.window
        while not self._full() and (left := until - loop.time()) > 0:
            self._came.clear()
            try:
                async with asyncio.timeout(left):
                    await self._came.wait()
            except TimeoutError:
                return

    async def _first(self) -> None:
        while not self._waiting:
            self._came.clear()
            await self._came.wait()

    def _full(self) -> bool:
        return len(self._waiting) >= self._worker.batch_size or self._bytes > LARGEST_BATCH

    def _batch(self) -> list[Record]:
        batch = [self._waiting.popleft()]
        room = LARGEST_BATCH - batch[0].size
        while self._waiting and len(batch) < self._worker.batch_size:
            room -= self._waiting[0].size
            if room < 0:
                break
            batch.append(self._waiting.popleft())
        self._bytes -= sum(record.size for record in batch)
        return batch


class ShardReader:
    """Reads a shard and hands its records to lanes: the same key always to the same one."""

    def __init__(
        self, mapping: Mapping, tail: Tail, delivery: Delivery, progress: Progress
    ) -> None:
        self._mapping, self._tail, self._progress = mapping, tail, progress
        worker = mapping.worker
        self._lanes = [Lane(mapping, delivery, progress) for _ in range(worker.parallelisation)]
        self._most = AHEAD * worker.batch_size * worker.parallelisation
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin."""
        works = [self._read(), self._progress.keep(), *(lane.run() for lane in self._lanes)]
        self._tasks = [asyncio.create_task(work) for work in works]

    async def stop(self, seconds: float) -> None:
        """End: batches under way have a while to come to theirs; then keep the checkpoint."""
        reading, _, *running = self._tasks
        reading.cancel()
        busy = [task for task, lane in zip(running, self._lanes, strict=True) if lane.close()]
        if busy:
            await asyncio.wait(busy, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._progress.save()

    async def _read(self) -> None:
        while True:
            records = await self._tail.read()
            self._progress.expect(records)
            for record in records:
                self._lanes[zlib.crc32(record.key.encode()) % len(self._lanes)].add(record)
            await self._progress.below(self._most)
