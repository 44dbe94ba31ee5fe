"""Tables of atis: python scripts/reproduce_atis.py --data FOLDER [--seeds N]."""

from reproduction import reproduce, token_rows

if __name__ == "__main__":
    reproduce("atis", token_rows())
