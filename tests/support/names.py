"""How a field's function is named, which the code itself need not work out."""

from keyword import iskeyword


def snake(name: str) -> str:
    """Give a GraphQL name its Python form: `nextToken` → `next_token`, `from` → `from_`."""
    words = "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")
    return f"{words}_" if iskeyword(words) else words
