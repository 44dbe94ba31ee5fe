package org.pnettf.core

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class AssistantTest {
    private fun info(
        topK: Int? = null,
        replies: Map<String, List<String>> = mapOf("b" to listOf("B")),
    ) = ModelInfo(4, listOf("a", "b", "c", "d"), topK, replies, null)

    @Test
    fun `the best labels, and the replies of the best where the file does not rank`() {
        var seen = ByteArray(0)
        val assistant =
            Assistant(info()) {
                seen = it.copyOf()
                Output(floatArrayOf(0.1f, 0.4f, 0.4f, 0.1f))
            }
        val answer = assistant.answer("hello")
        assertArrayEquals("hell".toByteArray(), seen)
        assertTrue(answer.cut)
        assertEquals(listOf("b", "c", "a"), answer.labels.map { it.label })
        assertEquals(listOf("B"), answer.replies)
        assertFalse(Assistant(info(replies = emptyMap())) { Output(FloatArray(4)) }.replies)
    }

    @Test
    fun `a top-k file gives places`() {
        val assistant = Assistant(info(topK = 2)) { Output(floatArrayOf(0.7f, 0.2f), intArrayOf(3, 1)) }
        assertEquals(listOf("d", "b"), assistant.answer("x").labels.map { it.label })
        for (places in listOf(intArrayOf(4, 0), intArrayOf(-1, 0), null)) {
            val wrong = Assistant(info(topK = 2)) { Output(floatArrayOf(0.7f, 0.2f), places) }
            assertThrows(ModelProblem::class.java) { wrong.answer("x") }
        }
        assertThrows(ModelProblem::class.java) { Assistant(info()) { Output(FloatArray(3)) }.answer("x") }
    }
}
