"""The two failures a user can meet, and the exit code each one ends with."""


class InputError(ValueError):
    """Bad input or bad usage: one sentence with what was found and what is allowed; exit code 2."""


class WorkError(RuntimeError):
    """The input was fine but the work failed, for example a parity check; exit code 1."""
