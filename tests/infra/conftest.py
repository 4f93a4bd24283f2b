"""The templates, synthesised once for all the tests here."""

from tests.infra.templates import bundle, dev, made_up, prod, synth

__all__ = ["bundle", "dev", "made_up", "prod", "synth"]
