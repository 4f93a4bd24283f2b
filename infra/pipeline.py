"""What feeds the streams, what empties them, and what the workers are invoked by."""

from collections.abc import Iterable

from constructs import Construct

from infra.channels import Channels
from infra.functions import Functions
from infra.ingest import Ingest
from infra.mappings import map_source
from infra.settings import Settings
from infra.storage import Storage
from resolvers.shared.resources import Context


class Pipeline(Construct):
    """Every rule, delivery and worker of every context."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: Settings,
        contexts: Iterable[Context],
        functions: Functions,
        channels: Channels,
        storage: Storage,
    ) -> None:
        super().__init__(scope, id)
        for context in contexts:
            Ingest(self, context.name, settings=settings, context=context, channels=channels)
            for worker in context.workers:
                map_source(
                    self,
                    context=context,
                    worker=worker,
                    function=functions.workers[context.name, worker.name],
                    channels=channels,
                    storage=storage,
                )
