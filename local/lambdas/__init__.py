"""Execution environments as on Lambda: a process each, one event at a time.

A warmed parent, the zygote, forks them, so that a cold start costs milliseconds. The server sees
`service.Lambdas`, and what is here: so little that the zygote starts without the server's imports.
"""

from local.lambdas.model import Function, Outcome

__all__ = ["Function", "Outcome"]
