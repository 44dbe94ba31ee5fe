"""A run on disk: write, read, resume, evaluate, teach."""
