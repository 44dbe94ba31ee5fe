"""Tables of atis; see `reproduction.py` for the options."""

from reproduction import alone_rows, reproduce, token_rows

if __name__ == "__main__":
    reproduce("atis", token_rows(), alone_rows("text-robust", "text-small"))
