"""The devices' model."""
