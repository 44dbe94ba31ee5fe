"""Tables of clinc150; see `reproduction.py` for the options."""

from reproduction import alone_rows, reproduce, token_rows

if __name__ == "__main__":
    reproduce("clinc150", token_rows(), alone_rows("text-large", "text-robust"))
