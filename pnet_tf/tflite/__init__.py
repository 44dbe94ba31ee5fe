"""A finished file: read, check, run, evaluate, benchmark, inspect; without TensorFlow."""
