"""Tables of pairs with all that real ones hold: other scripts, quotes, damage."""

import csv
import gzip
import io

from tests.smart_reply.talks import talk

STRANGE = (
    ("كيف حالك؟", "شكرا"), ("你好吗", "谢谢。"), ("how are you \U0001f600", "\U0001f44d\U0001f3fd"),
    ("she said \"well\" 'no'", 'He said "fine".'), ("bell\x07 and \x1b[1m", "Thank you.\x00"),
    ("tab  and   spaces", "Thank\u00a0you!"), ("ＦＵＬＬ width", "Ｔｈａｎｋ you"),
    ("!!!", "Yes."), ("...", "Yes."), ("soooo good", "Yesss."), ("long", "yes " * 200),
    ("stra\u00dfe", "OK, Mary."), ("hello Mary and mary", "Thanks, Mary."), ("a\u2028b", "Bye."),
)  # fmt: skip


def rows():
    """Pairs, many of them twice, some answered by several responses."""
    found = [*talk(), *talk()[::3], *STRANGE * 3]
    found += [(f"well {n} {message}", response) for n in range(4) for message, response in STRANGE]
    found += [(f"{message} {n % 3}", "Yes.") for n, (message, _) in enumerate(talk())]
    return found


def tsv(pairs):
    """A plain table with damage."""
    lines = [f"{message}\t{response}".encode() for message, response in pairs]
    lines[5:5] = [b"", b"\r", b"one cell", b"\xff\xfe\tbroken", b"empty\t", b"three\tcells\there"]
    lines[9:9] = [b"x" * 70_000 + b"\tyes", b"y\t" + b"z" * 65_500]
    lines[20] += b"\r"
    return b"\xef\xbb\xbf\n\nmessage\tresponse\n" + b"\n".join(lines)  # no end of line at the end


def quoted(pairs):
    """CSV with quotes that go over lines."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["id", "reply", "text"])
    for number, (message, response) in enumerate(pairs):
        lines = message.replace(" ", "\n", number % 3)
        writer.writerow([number, response.replace("\x00", ""), lines.replace("\x00", "")])
    return text.getvalue().encode()


def write_folder(folder):
    """A folder of three tables, each of another form; its path."""
    folder.mkdir()
    (folder / "train.tsv").write_bytes(tsv(rows()))
    (folder / "valid.csv").write_bytes(quoted(rows()[::3]))
    (folder / "test.tsv.gz").write_bytes(gzip.compress(tsv(rows()[::2]), mtime=0))
    return folder
