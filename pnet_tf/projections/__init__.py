"""Fixed random projections; `names.PROJECTIONS` has them by name."""
