"""Tables of atis; see `reproduction.py` for the options."""

from reproduction import recipe_rows, reproduce, token_rows

if __name__ == "__main__":
    reproduce("atis", token_rows(), recipe_rows("text-robust"))
