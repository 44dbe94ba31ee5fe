"""Tables of swda; see `reproduction.py` for the options."""

from reproduction import Row, reproduce, token_rows

if __name__ == "__main__":
    # 192,390 messages, of which many are alike: few epochs, no trainer, or it takes hours
    short = "--trainer none --epochs 8 --batch-size 256"
    reproduce("swda", token_rows(), (Row("text, alone", f"--recipe text {short}"),))
