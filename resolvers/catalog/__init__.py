"""The catalog: products in categories, listed, looked up and searched.

It owns the products, their categories and the word index that makes them searchable. It promises
that a price is kept to the digit, that a product is found by its words and by no others, and that
pages are complete.
"""
