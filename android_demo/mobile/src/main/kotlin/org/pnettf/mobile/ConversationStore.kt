package org.pnettf.mobile

import org.pnettf.core.Conversation
import org.pnettf.runtime.Asked
import org.pnettf.runtime.Background

/** The one conversation of the app, on the main thread; each message of the other person is put to the model. */
class ConversationStore(
    private val model: Background,
) {
    private val listeners = LinkedHashSet<(Conversation) -> Unit>()

    var conversation = Conversation()
        private set(value) {
            field = value
            for (listener in listeners.toList()) listener(value)
        }

    /** Tell [listener] of every change, and of how things stand. */
    fun watch(listener: (Conversation) -> Unit) {
        listeners.add(listener)
        listener(conversation)
    }

    fun unwatch(listener: (Conversation) -> Unit) {
        listeners.remove(listener)
    }

    fun receive(text: String) {
        val before = conversation
        conversation = before.received(text)
        if (conversation !== before) ask()
    }

    fun send(text: String) {
        conversation = conversation.sent(text)
    }

    /** Bring back what a process saved that has ended since. */
    fun restore(saved: List<String>) {
        if (conversation.messages.isNotEmpty()) return
        conversation = Conversation.restore(saved)
        ask()
    }

    private fun ask() {
        val message = conversation.open ?: return
        model.ask(message) { asked ->
            conversation =
                when (asked) {
                    is Asked.Answered -> conversation.answered(message, asked.answer, asked.withReplies)
                    is Asked.Failed -> conversation.failed(asked.problem.kind)
                }
        }
    }
}
