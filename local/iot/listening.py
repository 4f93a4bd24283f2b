"""The port that devices connect to."""

import socket

HOST = "127.0.0.1"
PORT = 1883  # MQTT's own
OFF = -1


def mqtt_listener(port: int | None) -> socket.socket | None:
    """Listen where it was asked for; unasked, on MQTT's port or, beside another twin, on any.

    Raises OSError if the port asked for is taken.
    """
    if port == OFF:
        return None
    if port is not None:
        return _listen(port)
    try:
        return _listen(PORT)
    except OSError:
        return _listen(0)


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener
