"""Making a head smaller in training."""
