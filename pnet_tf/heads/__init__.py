"""Heads: what is learned between the projection's bits and the logits; `names.HEADS` has them."""
