"""Topics and filters, by MQTT's rules and AWS IoT's limits."""

LONGEST = 256  # bytes
DEEPEST = 8  # levels


def is_topic(topic: str) -> bool:
    """Tell whether something can be published there."""
    return not {"+", "#"} & set(topic) and _fits(topic)


def is_filter(pattern: str) -> bool:
    """Tell whether a filter is well-formed: + and # stand for whole levels, # for the last ones."""
    levels = pattern.split("/")
    whole = all(level in {"+", "#"} or not {"+", "#"} & set(level) for level in levels)
    return whole and "#" not in levels[:-1] and _fits(pattern)


def matches(pattern: str, topic: str) -> bool:
    """Tell whether a filter takes in a topic."""
    wanted, levels = pattern.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in {"+", "#"}:
        return False
    if wanted[-1] == "#":
        wanted.pop()
        levels = levels[: len(wanted)]
    fits = (want in {"+", level} for want, level in zip(wanted, levels, strict=False))
    return len(wanted) == len(levels) and all(fits)


def _fits(text: str) -> bool:
    return 0 < len(text.encode()) <= LONGEST and text.count("/") < DEEPEST
