"""Subscriptions: the WebSocket protocols, what a subscriber waits for, and who gets an event."""
