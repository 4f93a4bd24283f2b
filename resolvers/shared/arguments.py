"""Rules that the texts of arguments obey everywhere."""

import re

from resolvers.shared.errors import Invalid

HALF_PAIR = re.compile("[\ud800-\udfff]")  # JSON may carry half a character, no table can


def check_text(argument: str, text: str, longest: int) -> None:
    """Refuse, with Invalid, a text that is blank, too long or not text."""
    if not text.strip():
        raise Invalid(argument, "must not be empty")
    if len(text) > longest:
        raise Invalid(argument, f"must not have more than {longest:,} characters")
    if HALF_PAIR.search(text):
        raise Invalid(argument, "has half of a surrogate pair")
