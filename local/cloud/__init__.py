"""The embedded AWS: start it, make what the registry declares, fill it with the seeds."""

LANE = "TWINBERRY_LANE"  # a variable of the environments' parent: the socket of the lane, if any
