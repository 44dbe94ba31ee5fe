package org.pnettf.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertSame
import org.junit.Assert.assertTrue
import org.junit.Test

class ConversationTest {
    private val answer = Answer(listOf(ScoredLabel("yes", 0.9)), listOf("Yes"), cut = false)

    @Test
    fun `a message waits, is answered, and one's own word closes it`() {
        val asked = Conversation().received("  lunch?  ")
        assertTrue(asked.offer is Offer.Waiting)
        assertEquals("lunch?", asked.open)
        val offered = asked.answered("lunch?", answer, withReplies = true)
        assertEquals(listOf("Yes"), (offered.offer as Offer.Replies).texts)
        val sent = offered.sent("Yes")
        assertNull(sent.open)
        assertTrue(sent.offer is Offer.None)
        assertEquals(listOf(false, true), sent.messages.map { it.mine })
    }

    @Test
    fun `an answer that comes too late changes nothing`() {
        val sent = Conversation().received("lunch?").sent("no")
        assertSame(sent, sent.answered("lunch?", answer, withReplies = true))
        val newer = Conversation().received("lunch?").received("or dinner?")
        assertSame(newer, newer.answered("lunch?", answer, withReplies = true))
    }

    @Test
    fun `silence, labels and problems`() {
        val asked = Conversation().received("x")
        val nothing = Answer(answer.labels, emptyList(), cut = false)
        assertTrue(asked.answered("x", nothing, withReplies = true).offer is Offer.Silence)
        assertEquals(1, (asked.answered("x", nothing, withReplies = false).offer as Offer.Labels).labels.size)
        assertEquals(ProblemKind.DAMAGED, (asked.failed(ProblemKind.DAMAGED).offer as Offer.Problem).kind)
    }

    @Test
    fun `blank messages are none, long ones and many are kept in part`() {
        val empty = Conversation()
        assertSame(empty, empty.received(" \n"))
        assertEquals(Conversation.LONGEST, empty.received("x".repeat(100_000)).open!!.length)
        var many = empty
        repeat(Conversation.MOST + 5) { many = many.sent("m$it") }
        assertEquals(Conversation.MOST, many.messages.size)
        assertEquals("m${Conversation.MOST + 4}", many.messages.last().text)
    }

    @Test
    fun `what is saved comes back, an open message to be answered anew`() {
        val one = Conversation().received("<b>hi</b>").sent(">ok")
        val back = Conversation.restore(one.save())
        assertEquals(one.messages.map { it.text to it.mine }, back.messages.map { it.text to it.mine })
        assertTrue(back.offer is Offer.None)
        assertTrue(Conversation.restore(one.received("and?").save()).offer is Offer.Waiting)
        assertEquals(0, Conversation.restore(listOf("")).messages.size)
    }
}
