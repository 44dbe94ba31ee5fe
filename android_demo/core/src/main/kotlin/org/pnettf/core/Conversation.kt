package org.pnettf.core

/** A message of a conversation; [mine] for what this phone's person said. */
class Message(
    val text: String,
    val mine: Boolean,
)

/** What is offered for the last message. */
sealed class Offer {
    /** Nothing was asked yet, or the last word is one's own. */
    object None : Offer()

    /** The model is at work, or still being loaded. */
    object Waiting : Offer()

    /** The model stays silent. */
    object Silence : Offer()

    /** Texts to send by a tap. */
    class Replies(
        val texts: List<String>,
        val cut: Boolean,
    ) : Offer()

    /** Labels of a model without replies. */
    class Labels(
        val labels: List<ScoredLabel>,
        val cut: Boolean,
    ) : Offer()

    /** There is no model that can be used. */
    class Problem(
        val kind: ProblemKind,
    ) : Offer()
}

/** A conversation and what is offered in it: a value, changed by making another one. */
class Conversation(
    val messages: List<Message> = emptyList(),
    val offer: Offer = Offer.None,
) {
    /** The message that waits for an answer, if the last one is not one's own. */
    val open: String? get() = messages.lastOrNull()?.takeIf { !it.mine }?.text

    /** With a message of the other person; blank ones are none. */
    fun received(text: String): Conversation = with(text, mine = false, offer = Offer.Waiting)

    /** With a message of one's own, which takes away what was offered. */
    fun sent(text: String): Conversation = with(text, mine = true, offer = Offer.None)

    /** With the model's [answer] to [message]; one that comes too late changes nothing. */
    fun answered(
        message: String,
        answer: Answer,
        withReplies: Boolean,
    ): Conversation {
        if (message != open) return this
        val offer =
            when {
                !withReplies -> Offer.Labels(answer.labels, answer.cut)
                answer.replies.isEmpty() -> Offer.Silence
                else -> Offer.Replies(answer.replies, answer.cut)
            }
        return Conversation(messages, offer)
    }

    /** With the reason why nothing can be offered. */
    fun failed(kind: ProblemKind): Conversation = Conversation(messages, Offer.Problem(kind))

    /** The messages as plain texts, for a saved state: each with a first character that says whose it is. */
    fun save(): List<String> = messages.takeLast(MOST).map { (if (it.mine) MINE else THEIRS) + it.text }

    private fun with(
        text: String,
        mine: Boolean,
        offer: Offer,
    ): Conversation {
        val said = text.take(LONGEST).trim()
        if (said.isEmpty()) return this
        return Conversation((messages + Message(said, mine)).takeLast(MOST), offer)
    }

    companion object {
        /** Messages that are kept. */
        const val MOST = 200

        /** Characters of a message that are kept: a saved state of Android must stay small. */
        const val LONGEST = 2000
        private const val MINE = "<"
        private const val THEIRS = ">"

        /** The conversation that [save] gave; an open message waits for its answer anew. */
        fun restore(saved: List<String>): Conversation {
            val messages = saved.filter { it.isNotEmpty() }.map { Message(it.drop(1), it.startsWith(MINE)) }
            val waiting = messages.lastOrNull()?.mine == false
            return Conversation(messages, if (waiting) Offer.Waiting else Offer.None)
        }
    }
}
