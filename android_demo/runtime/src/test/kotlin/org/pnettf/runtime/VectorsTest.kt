package org.pnettf.runtime

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Assume.assumeTrue
import org.junit.Test
import org.pnettf.core.Answer
import org.pnettf.core.Assistant
import org.pnettf.core.Json
import org.pnettf.core.MessageBytes
import org.pnettf.core.ModelInfo
import org.pnettf.core.Output
import org.pnettf.testing.Bionic
import org.pnettf.testing.Samples
import kotlin.math.abs

/** The answers of these apps beside those of Python, on more than 500 messages. */
class VectorsTest {
    private val info = ModelInfo.of(Samples.model)
    private val vectors = Samples.vectors()

    private fun bytes(value: Any?): ByteArray = (value as List<*>).map { (it as Long).toByte() }.toByteArray()

    private fun scores(value: Any?): List<Double> = (value as List<*>).map { (it as Number).toDouble() }

    private fun inputOf(vector: Map<String, Any?>): MessageBytes {
        val message = vector["message"] as String? ?: return MessageBytes.ofRaw(bytes(vector["bytes"]), info.byteLength)
        return MessageBytes.of(message, info.byteLength)
    }

    @Test
    fun `messages become the same bytes`() {
        assertTrue("${vectors.size} vectors", vectors.size >= 500)
        for (vector in vectors) {
            val found = inputOf(vector)
            assertArrayEquals(vector["case"] as String, bytes(vector["bytes"]), found.bytes.copyOf(found.length))
            assertTrue(found.bytes.drop(found.length).all { it == 0.toByte() })
        }
    }

    @Test
    fun `the runtime of the apps gives the same answers`() {
        Bionic.load()
        val found = TfliteScorer(Samples.model, info).use { compare("x86_64") { _, message -> it.run(message.bytes) } }
        assertEquals(0, found.rounded)
        assertEquals(emptyList<Int>(), found.others)
    }

    @Test
    fun `the library for ARMv7 gives the same answers`() {
        val found = emulated("armeabi-v7a")
        assertEquals(0, found.rounded)
        assertEquals(emptyList<Int>(), found.others)
    }

    /**
     * Its float sums differ in the last bit, so that once in a while an activation, which a quantised layer
     * rounds to 8 bits, falls on the other side. Elsewhere scores are the same and so is every decision.
     */
    @Test
    fun `the library for ARM64 gives the same answers`() {
        val found = emulated("arm64-v8a")
        assertTrue("${found.rounded} rounded", found.rounded <= vectors.size / 20)
        assertTrue("a score differs by ${found.largest}", found.largest <= ONE_STEP)
        assertEquals(emptyList<Int>(), found.others.filter { found.differences[it] <= SAME })
    }

    private fun emulated(abi: String): Compared {
        val file = Samples.file("$abi.json")
        assumeTrue("$abi was not emulated", file.exists())
        val recorded = Json.parse(file.readText()) as List<*>
        assertEquals(vectors.size, recorded.size)
        return compare(abi) { number, _ -> Output(scores(recorded[number]).map { it.toFloat() }.toFloatArray()) }
    }

    /** By vector the largest difference of a score; [others]: vectors with another top-3 or other replies. */
    private class Compared(
        val differences: List<Double>,
        val others: List<Int>,
    ) {
        val largest: Double get() = differences.max()
        val rounded: Int get() = differences.count { it > SAME }
    }

    private fun compare(
        name: String,
        run: (Int, MessageBytes) -> Output,
    ): Compared {
        val differences = ArrayList<Double>()
        val others = ArrayList<Int>()
        for ((number, vector) in vectors.withIndex()) {
            val wanted = vector["builtin"] as Map<*, *>
            val input = inputOf(vector)
            val output = run(number, input)
            val assistant = Assistant(info) { output }
            val found = assistant.spread(output)
            differences.add(scores(wanted["scores"]).withIndex().maxOf { (i, score) -> abs(score - found[i]) })
            if (vector["close"] != true && !isSame(wanted, assistant.answer(input))) others.add(number)
        }
        val decided = vectors.count { it["close"] != true }
        assertTrue("$decided decided", decided >= 500)
        val compared = Compared(differences, others)
        println(
            "$name: ${decided - others.size} of $decided vectors equal in top-3 and replies; scores within " +
                "%.1e, but for %d that round otherwise: %.1e".format(
                    differences.filter { it <= SAME }.max(),
                    compared.rounded,
                    compared.largest,
                ),
        )
        return compared
    }

    private fun isSame(
        wanted: Map<*, *>,
        answer: Answer,
    ): Boolean {
        val top = (wanted["top"] as List<*>).map { info.labels[(it as Long).toInt()] }
        return top == answer.labels.map { it.label } && wanted["replies"] == answer.replies
    }

    private companion object {
        const val SAME = 1e-5

        /** What a step of 8 bits of one activation may change of a score. */
        const val ONE_STEP = 2e-2
    }
}
