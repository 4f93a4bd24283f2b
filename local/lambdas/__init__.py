"""Execution environments as on Lambda: a process each, one event at a time.

A warmed parent, the zygote, forks them, so that a cold start costs milliseconds. `Lambdas` is all
that the server sees.
"""

from local.lambdas.model import Function, Outcome
from local.lambdas.service import Lambdas

__all__ = ["Function", "Lambdas", "Outcome"]
