"""The grammar of `scripts/make_sample_pairs.py`: how it is read, and what texting does to words."""
