"""Units: whatever a device measures in, readings of one kind are stored in one."""

# What a unit becomes: value * factor + offset. A unit that is not here stays as it is.
UNITS: dict[str, tuple[str, float, float]] = {
    "°C": ("C", 1.0, 0.0),
    "F": ("C", 5 / 9, -160 / 9),
    "°F": ("C", 5 / 9, -160 / 9),
    "K": ("C", 1.0, -273.15),
    "Pa": ("hPa", 0.01, 0.0),
    "kPa": ("hPa", 10.0, 0.0),
    "bar": ("hPa", 1000.0, 0.0),
    "psi": ("hPa", 68.94757293168, 0.0),
    "mV": ("V", 0.001, 0.0),
    "mA": ("A", 0.001, 0.0),
    "kW": ("W", 1000.0, 0.0),
    "Wh": ("kWh", 0.001, 0.0),
    "km/h": ("m/s", 1 / 3.6, 0.0),
    "mph": ("m/s", 0.44704, 0.0),
}


def convert(value: float, unit: str | None) -> tuple[float, str | None]:
    """Give value and unit as they are stored; a converted value has ten digits that count."""
    if unit not in UNITS:
        return value, unit
    stored, factor, offset = UNITS[unit]
    return float(f"{value * factor + offset:.10g}"), stored
