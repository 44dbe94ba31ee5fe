"""Small conversations in which the right intents are plain to see."""

from pnet_tf.smart_reply.pairs import Pair

ASKED = ("are you coming", "will you be there", "do you like it", "is it open", "shall we go")
GIVEN = ("here is your book", "i made you a cake", "i fixed your bike", "have a seat", "well done")
LEFT = ("i have to go", "i am off now", "see you tomorrow then", "it is late now", "going home")
TOLD = ("the train is late", "my cat sleeps", "it rains in the city", "the shop has milk")
WORDS = ("friend", "today", "please", "again", "now", "really", "tonight", "dear", "my boy")
REPLIES = {
    ASKED: ("Yes.", "Yes, sure.", "No.", "No, sorry."),
    GIVEN: ("Thank you.", "Thank you so much.", "Thanks."),
    LEFT: ("Bye.", "Bye bye.", "See you."),
}


def talk():
    """Pairs: every message of a kind with every word and, by turns, the replies to that kind."""
    found = []
    for number, (messages, replies) in enumerate(REPLIES.items()):
        for place, (message, word) in enumerate((m, w) for m in messages for w in WORDS):
            found.append(Pair(f"{message} {word}", replies[(place + number) % len(replies)]))
    for place, (message, word) in enumerate((m, w) for m in TOLD for w in WORDS):
        found.append(Pair(f"{message} {word}", f"Well, the number {place} of all things."))
    return found


def write_pairs(path, pairs):
    """`pairs` as a table; its path."""
    rows = "".join(f"{message}\t{response}\n" for message, response in pairs)
    path.write_text(f"message\tresponse\n{rows}", encoding="utf-8")
    return path
