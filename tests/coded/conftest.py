"""The first example of a property waits for Numba to compile, longer than Hypothesis would."""

from hypothesis import settings

settings.register_profile("compiles", deadline=None)
settings.load_profile("compiles")
