"""The devices' store."""
