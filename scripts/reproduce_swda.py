"""Tables of swda; see `reproduction.py` for the options."""

from reproduction import Row, reproduce, token_rows

if __name__ == "__main__":
    # 192,390 messages, of which many are alike: few epochs, or it takes hours
    alone = Row("text, alone", "--recipe text --trainer none --epochs 8 --batch-size 256")
    rows = token_rows("--epochs 4 --batch-size 256")
    reproduce("swda", rows, (alone,), options="--epochs 2 --batch-size 256")
