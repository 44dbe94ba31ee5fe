package org.pnettf.runtime

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.pnettf.core.Assistant
import org.pnettf.core.Json
import org.pnettf.core.ModelInfo
import org.pnettf.core.ModelProblem
import org.pnettf.core.PackedFile
import org.pnettf.core.ProblemKind
import org.pnettf.testing.Bionic
import org.pnettf.testing.Samples
import java.io.FileNotFoundException
import java.io.IOException
import java.lang.management.ManagementFactory
import java.util.Base64

class ModelsTest {
    @Before
    fun load() = Bionic.load()

    private fun problem(content: () -> ByteArray): ModelProblem =
        assertThrows(ModelProblem::class.java) { Models.load { content().inputStream() } }

    @Test
    fun `the sample model answers`() {
        val assistant = timed("with the library") { Models.load { Samples.model.inputStream() } }
        timed("a second time") { Models.load { Samples.model.inputStream() } }
        assertTrue(assistant.answer(MESSAGE).replies.size in 1..3)
        repeat(2000) { assistant.answer("$MESSAGE $it") }
        println("later answers " + timed { repeat(1000) { assistant.answer("$MESSAGE $it") } }.replace("ms", "us"))
    }

    @Test
    fun `a packed model is the same model`() {
        val packed = Samples.file("model.ptz").readBytes()
        assertArrayEquals(Samples.model, PackedFile.unpack(packed))
        val replies = Models.load { Samples.model.inputStream() }.answer(MESSAGE).replies
        assertEquals(replies, Models.load { packed.inputStream() }.answer(MESSAGE).replies)
    }

    @Test
    fun `a damaged packed model is one sentence`() {
        val packed = Samples.file("model.ptz").readBytes()
        val changed = listOf(4, 8, 12, 28, packed.size / 2).map { at -> packed.copyOf().also { it[at]++ } }
        for (wrong in changed + listOf(packed.copyOf(packed.size - 1), packed.copyOf(3))) {
            val said = problem { wrong }
            assertEquals(ProblemKind.DAMAGED, said.kind)
            assertTrue(said.message!!, Regex("The packed file is damaged or none: [^.\n]+\\.").matches(said.message!!))
        }
        val newer = packed.copyOf().also { it[3]++ }
        assertEquals(ProblemKind.UNKNOWN_VERSION, problem { newer }.kind)
    }

    @Test
    fun `what was packed is checked as a model`() {
        val vectors = (Json.parse(Samples.file("packed.json").readText()) as Map<*, *>)["right"] as List<*>
        val text = vectors.map { it as Map<*, *> }.first { it["name"] == "text" }
        val said = problem { Base64.getDecoder().decode(text["packed"] as String) }
        assertEquals(ProblemKind.DAMAGED, said.kind)
        assertTrue(said.message!!, said.message!!.startsWith("The model file is damaged or no model"))
    }

    private fun timed(
        which: String,
        load: () -> Assistant,
    ): Assistant {
        lateinit var assistant: Assistant
        val took =
            timed {
                assistant = load()
                assistant.answer(MESSAGE)
            }
        println("model and first answer, $which: $took")
        return assistant
    }

    /** By the clock, and of the processor alone: other programs may run on this machine. */
    private fun timed(work: () -> Unit): String {
        val threads = ManagementFactory.getThreadMXBean()
        val start = System.nanoTime()
        val used = threads.currentThreadCpuTime
        work()
        val cpu = (threads.currentThreadCpuTime - used) / 1e6
        return "%.1f ms, %.1f ms of the processor".format((System.nanoTime() - start) / 1e6, cpu)
    }

    @Test
    fun `what cannot be loaded says why`() {
        assertEquals(ProblemKind.MISSING, problem { throw FileNotFoundException("model.tflite") }.kind)
        assertEquals(ProblemKind.DAMAGED, problem { throw IOException("worn out") }.kind)
        assertEquals(ProblemKind.DAMAGED, problem { ByteArray(0) }.kind)
        assertEquals(ProblemKind.DAMAGED, problem { Samples.model.copyOf(20_000) }.kind)
    }

    @Test
    fun `a signature that is not what the metadata says`() {
        val info = ModelInfo.of(Samples.model)
        val fewer = ModelInfo(info.byteLength, info.labels.drop(1), null, info.replies, null)
        val shorter = ModelInfo(info.byteLength - 1, info.labels, null, info.replies, null)
        val best = ModelInfo(info.byteLength, info.labels, 3, info.replies, null)
        for (wrong in listOf(fewer, shorter, best)) {
            val found = assertThrows(ModelProblem::class.java) { TfliteScorer(Samples.model, wrong) }
            assertEquals(ProblemKind.OTHER_TASK, found.kind)
        }
    }

    @Test
    fun `what the runtime refuses is a problem too`() {
        val info = ModelInfo.of(Samples.model)
        val found = assertThrows(ModelProblem::class.java) { TfliteScorer(ByteArray(5000), info) }
        assertEquals(ProblemKind.RUNTIME, found.kind)
    }

    private companion object {
        const val MESSAGE = "are you coming to lunch?"
    }
}
