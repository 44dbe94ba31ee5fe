package org.pnettf.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.pnettf.testing.Samples
import java.util.Random

class ModelFileTest {
    private fun refused(content: ByteArray): ProblemKind =
        assertThrows(ModelProblem::class.java) { ModelInfo.of(content) }.kind

    @Test
    fun `the sample model says what it is`() {
        val info = ModelInfo.of(Samples.model)
        assertEquals(128, info.byteLength)
        assertTrue(info.labels.size > 10)
        assertTrue(info.labels.containsAll(info.replies.keys))
        assertEquals(3, info.ranking!!.mostReplies)
    }

    @Test
    fun `what is no model`() {
        assertEquals(ProblemKind.DAMAGED, refused(ByteArray(0)))
        assertEquals(ProblemKind.DAMAGED, refused(ByteArray(1000)))
        assertEquals(ProblemKind.DAMAGED, refused("<html>no model</html>".toByteArray()))
    }

    @Test
    fun `a model cut anywhere is refused`() {
        val model = Samples.model
        for (size in 0 until model.size step 97) refused(model.copyOf(size))
    }

    @Test
    fun `a model with one changed byte is refused`() {
        val model = Samples.model
        val random = Random(1)
        repeat(2000) {
            val at = if (it < 200) it else random.nextInt(model.size)
            val changed = model.copyOf()
            changed[at] = (changed[at].toInt() xor (1 shl random.nextInt(8))).toByte()
            refused(changed)
        }
    }
}
