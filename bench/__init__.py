"""Measurements. Absolute figures move with the machine; compare within one run."""
