"""The embedded AWS: start it, make what the registry declares, fill it with the seeds."""
