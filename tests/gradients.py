"""What TensorFlow has registered for good."""

from tensorflow.python.framework import ops


def registered() -> set[str]:
    """Names of all gradients, those of custom ones by number."""
    return set(ops.gradient_registry._registry)
