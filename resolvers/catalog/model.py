"""The catalog's types."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum


class ProductSortField(Enum):
    """What a search is ordered by."""

    NAME = "NAME"
    PRICE = "PRICE"
    UPDATED_AT = "UPDATED_AT"
    RELEVANCE = "RELEVANCE"


class SortDirection(Enum):
    """Which end comes first; of RELEVANCE, ASC puts the closest first."""

    ASC = "ASC"
    DESC = "DESC"


@dataclass(frozen=True, slots=True)
class ProductSort:
    """An order of products."""

    field: ProductSortField
    direction: SortDirection = SortDirection.ASC


@dataclass(frozen=True, slots=True)
class Category:
    """A shelf of the shop."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of a product."""

    url: str
    thumbnail_url: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """What a customer said; rating is 1 to 5."""

    id: str
    author: str
    rating: int
    text: str | None
    created_at: str


@dataclass(frozen=True, slots=True)
class Product:
    """A thing for sale; `category` is the category's id."""

    id: str
    name: str
    description: str | None
    price: Decimal
    category: str
    stock: int
    updated_at: str
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductReviews:
    """A product's newest reviews, newest first."""

    product: str
    newest: list[Review]


@dataclass(frozen=True, slots=True)
class ProductInput:
    """What an administrator says of a product; without an id it is a new one."""

    name: str
    price: Decimal
    category: str
    id: str | None = None
    description: str | None = None
    stock: int = 0
