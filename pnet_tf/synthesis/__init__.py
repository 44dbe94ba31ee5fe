"""Generated networks: a space, limits on the real file, a generator, an inquisitor, a study."""
