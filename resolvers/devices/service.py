"""The devices' service."""
