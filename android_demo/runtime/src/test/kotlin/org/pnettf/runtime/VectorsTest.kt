package org.pnettf.runtime

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Assume.assumeTrue
import org.junit.Test
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
        TfliteScorer(Samples.model, info).use { compare("x86_64", SAME) { _, message -> it.run(message.bytes) } }
    }

    @Test
    fun `the library for ARM64 gives the same answers`() = emulated("arm64-v8a", NEAR)

    @Test
    fun `the library for ARMv7 gives the same answers`() = emulated("armeabi-v7a", SAME)

    private fun emulated(
        abi: String,
        tolerance: Double,
    ) {
        val file = Samples.file("$abi.json")
        assumeTrue("$abi was not emulated", file.exists())
        val recorded = Json.parse(file.readText()) as List<*>
        assertEquals(vectors.size, recorded.size)
        compare(abi, tolerance) { number, _ -> Output(scores(recorded[number]).map { it.toFloat() }.toFloatArray()) }
    }

    private fun compare(
        name: String,
        tolerance: Double,
        run: (Int, MessageBytes) -> Output,
    ) {
        var largest = 0.0
        var decided = 0
        for ((number, vector) in vectors.withIndex()) {
            val wanted = vector["builtin"] as Map<*, *>
            val input = inputOf(vector)
            val output = run(number, input)
            val assistant = Assistant(info) { output }
            val found = assistant.spread(output)
            for ((i, score) in scores(wanted["scores"]).withIndex()) largest = maxOf(largest, abs(score - found[i]))
            if (vector["close"] == true) continue
            decided++
            val answer = assistant.answer(input)
            val top = (wanted["top"] as List<*>).map { info.labels[(it as Long).toInt()] }
            assertEquals("top of $number", top, answer.labels.map { it.label })
            assertEquals("replies of $number", wanted["replies"], answer.replies)
        }
        println("$name: $decided of ${vectors.size} vectors equal in top-3 and replies, scores within $largest")
        assertTrue("$decided decided", decided >= 500)
        assertTrue("$name: a score differs by $largest", largest <= tolerance)
    }

    private companion object {
        const val SAME = 1e-6

        /** Its kernels round quantised activations in another way. */
        const val NEAR = 2e-3
    }
}
