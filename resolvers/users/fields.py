"""The users' fields."""

from resolvers.shared.identity import Caller
from resolvers.shared.local_resolvers import Condition, Identity, Invalidation, Own
from resolvers.shared.routing import ContextRouter
from resolvers.users import service
from resolvers.users.model import UpdateMeInput, User

router = ContextRouter("users")


@router.query()
def me(who: Caller) -> User:
    """Give the caller's user, making it on first sight."""
    return service.me(who)


@router.query()
def user(id: str) -> User | None:
    """Give any user, or null; the contract opens it to administrators and IAM alone."""
    return service.user(id)


@router.mutation()
def update_me(who: Caller, input: UpdateMeInput) -> User:
    """Change the caller's user."""
    return service.update_me(who, input)


@router.mutation()
def publish_user(id: str) -> User:
    """Give a user, for AppSync to hand to subscribers; the contract opens it to IAM alone."""
    return service.published(id)


router.subscription(
    "onUser",
    filter=(Own("id", unless="admin"),),
    invalidation=(Condition("userId", "eq", Identity("sub")),),
)

router.local(
    "endSubscriptions",
    invalidates=tuple(
        Invalidation(field, {"userId": "context.arguments.userId"})
        for field in ("onTodo", "onUser")
    ),
)

handler = router.handler()
