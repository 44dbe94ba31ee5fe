"""Tables of swda; see `reproduction.py` for the options."""

from reproduction import Row, reproduce, token_rows

if __name__ == "__main__":
    # 192,390 messages, of which many are alike: few epochs, or it takes hours
    short = "--epochs 8 --batch-size 256"
    alone = Row("text, alone", f"--recipe text --trainer none {short}")
    reproduce("swda", token_rows(short), (alone,), options=short)
