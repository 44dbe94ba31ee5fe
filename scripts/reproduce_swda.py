"""Tables of swda: python scripts/reproduce_swda.py --data FOLDER [--seeds N]."""

from reproduction import reproduce, token_rows

if __name__ == "__main__":
    reproduce("swda", token_rows())
