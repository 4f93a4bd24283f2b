"""The registry, and the declarations it collects."""

from resolvers.registry import registry
from resolvers.shared.resources import (
    Account,
    Bucket,
    Context,
    Index,
    Queue,
    Stream,
    Table,
    Topic,
    Worker,
    function_variables,
    physical_name,
    table_variable,
    worker_variables,
)

HERE = Account("eu-west-1", "123456789012", sqs="https://sqs.eu-west-1.amazonaws.com")


def test_contexts_are_found_by_their_folders() -> None:
    contexts = registry().contexts
    assert contexts["catalog"].handler == "resolvers.catalog.fields.handler"
    assert "shared" not in contexts


def test_bindings_are_found_by_coordinate_and_know_their_context() -> None:
    bindings = registry().bindings
    assert bindings["Query.searchProducts"].context == "catalog"
    assert all(binding.coordinate == key for key, binding in bindings.items())


def test_table_names_its_keys_once() -> None:
    indexes = (Index("i", partition="shelf", sort="sort"), Index("j", partition="other"))
    table = Table("t", partition="id", sort="sort", indexes=indexes)
    assert table.key == ("id", "sort")
    assert table.key_attributes == ("id", "sort", "shelf", "other")


def test_names_hold_the_stage_and_variables_the_table() -> None:
    assert physical_name("alice", "catalog", "products") == "twinberry-alice-catalog-products"
    assert table_variable("catalog", "word-index") == "TABLE_CATALOG_WORD_INDEX"


def test_function_is_told_its_own_tables_and_those_it_uses() -> None:
    tables = {name: (Table(f"{name}-list", partition="id"),) for name in ("cart", "catalog")}
    contexts = {
        "cart": Context("cart", tables=tables["cart"], uses=("catalog",)),
        "catalog": Context("catalog", tables=tables["catalog"]),
        "other": Context("other"),
    }
    assert function_variables(contexts, "cart", "alice", HERE) == {
        "TABLE_CART_CART_LIST": "twinberry-alice-cart-cart-list",
        "TABLE_CATALOG_CATALOG_LIST": "twinberry-alice-catalog-catalog-list",
        "POWERTOOLS_SERVICE_NAME": "cart",
        "LOG_LEVEL": "INFO",
    }
    assert "TABLE_CART_CART_LIST" not in function_variables(contexts, "catalog", "alice", HERE)


def test_function_is_told_where_its_streams_queues_topics_and_buckets_are() -> None:
    shop = Context(
        "shop",
        streams=(Stream("sold"),),
        queues=(Queue("to-ship"),),
        topics=(Topic("news"),),
        buckets=(Bucket("bills"),),
        workers=(Worker("packer", entry="resolvers.shop.workers.pack", source="to-ship"),),
    )
    assert worker_variables({"shop": shop}, "shop", "packer", "alice", HERE) == {
        "STREAM_SHOP_SOLD": "twinberry-alice-shop-sold",
        "QUEUE_SHOP_TO_SHIP": f"{HERE.sqs}/123456789012/twinberry-alice-shop-to-ship",
        "TOPIC_SHOP_NEWS": "arn:aws:sns:eu-west-1:123456789012:twinberry-alice-shop-news",
        "BUCKET_SHOP_BILLS": "twinberry-alice-shop-bills-123456789012",
        "POWERTOOLS_SERVICE_NAME": "shop-packer",
        "LOG_LEVEL": "INFO",
    }
