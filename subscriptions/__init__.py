"""From the devices' stream to the subscribers; and `operations.graphql`, what publishing asks."""
