"""The devices' fields."""

from resolvers.shared.routing import ContextRouter

router = ContextRouter("devices")

handler = router.handler()
