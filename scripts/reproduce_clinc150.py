"""Tables of clinc150; see `reproduction.py` for the options."""

from reproduction import alone_rows, reproduce, token_rows

if __name__ == "__main__":
    recipes = alone_rows("text-large", "text-robust", "text-small")
    reproduce("clinc150", token_rows(), recipes)
