"""From the devices' stream to subscribers: decode, store once, raise alarms, publish.

`operations.graphql` is what publishing asks.
"""
