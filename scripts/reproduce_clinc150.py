"""Tables of clinc150: python scripts/reproduce_clinc150.py --data FOLDER [--seeds N]."""

from reproduction import reproduce, token_rows

if __name__ == "__main__":
    reproduce("clinc150", token_rows())
