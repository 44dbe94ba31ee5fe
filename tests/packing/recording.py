"""Coders that need no payload."""


class Recorder:
    """Takes down each decision: the place of its odds, None for even chances, and the bit."""

    def __init__(self):
        self.seen = []

    def bit(self, odds, at, bit):
        self.seen.append((at, bit))
        return bit

    def even(self, bit):
        self.seen.append((None, bit))
        return bit

    @property
    def places(self):
        return [at for at, _ in self.seen]

    @property
    def bits(self):
        return [bit for _, bit in self.seen]
