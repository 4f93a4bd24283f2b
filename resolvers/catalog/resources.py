"""What the catalog needs: its tables."""

from resolvers.shared.resources import Context, Index, Table

# An index a sort order, over everything and within a category: the sort keys end in the product's
# id, so that equal names or prices keep one order, and a page can go on from a key alone.
PRODUCTS = Table(
    "products",
    partition="id",
    indexes=(
        Index("by-name", partition="shelf", sort="byName"),
        Index("by-price", partition="shelf", sort="byPrice"),
        Index("by-updated", partition="shelf", sort="byUpdated"),
        Index("by-category-name", partition="category", sort="byName"),
        Index("by-category-price", partition="category", sort="byPrice"),
        Index("by-category-updated", partition="category", sort="byUpdated"),
    ),
)
CATEGORIES = Table("categories", partition="id")
# Apart from the products, whose indexes would carry them too: one item of the newest each.
REVIEWS = Table("reviews", partition="product")
# Which products contain a word: a rank is the word's place in the product, and the product's name
# key, so that a search reads the nearest first, and no more than its page needs.
POSTINGS = Table("ranked-postings", partition="word", sort="rank", derived=True)
# Which words are filed under a key (see shared/text.py).
VOCABULARY = Table("vocabulary", partition="key")

CONTEXT = Context("catalog", tables=(PRODUCTS, CATEGORIES, REVIEWS, POSTINGS, VOCABULARY))
