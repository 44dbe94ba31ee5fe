package org.pnettf.core

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.pnettf.testing.Samples
import java.security.MessageDigest
import java.util.Base64
import java.util.zip.CRC32

/** The containers that Python and JavaScript read too, and what damage does to them. */
class PackedFileTest {
    private fun vectors(which: String): List<Map<*, *>> {
        val json = Json.parse(Samples.file("packed.json").readText()) as Map<*, *>
        return (json[which] as List<*>).map { it as Map<*, *> }
    }

    private fun packed(vector: Map<*, *>): ByteArray = Base64.getDecoder().decode(vector["packed"] as String)

    private val text: ByteArray get() = packed(vectors("right").first { it["name"] == "text" })

    private fun refused(packed: ByteArray): ModelProblem =
        assertThrows(ModelProblem::class.java) { PackedFile.unpack(packed) }

    /** [packed] with its checksum as it would be. */
    private fun sealed(packed: ByteArray): ByteArray {
        val checksum = CRC32().apply { update(packed, 12, packed.size - 12) }.value
        for (i in 0 until 4) packed[8 + i] = (checksum shr (8 * i)).toByte()
        return packed
    }

    @Test
    fun `the very bytes`() {
        val vectors = vectors("right")
        assertTrue("${vectors.size} vectors", vectors.size >= 8)
        for (vector in vectors) {
            val name = vector["name"] as String
            assertTrue(name, PackedFile.isPacked(packed(vector)))
            val content = PackedFile.unpack(packed(vector))
            assertEquals(name, vector["size"], content.size.toLong())
            val digest = MessageDigest.getInstance("SHA-256").digest(content)
            assertEquals(name, vector["sha256"], digest.joinToString("") { "%02x".format(it) })
        }
    }

    @Test
    fun `what is no whole container says why`() {
        val vectors = vectors("wrong")
        assertTrue("${vectors.size} vectors", vectors.size >= 20)
        for (vector in vectors) {
            val said = refused(packed(vector))
            assertTrue("${vector["name"]}: ${said.message}", (vector["says"] as String) in said.message!!)
            val newer = vector["name"] == "version 2"
            assertEquals(if (newer) ProblemKind.UNKNOWN_VERSION else ProblemKind.DAMAGED, said.kind)
        }
    }

    @Test
    fun `cut at any length`() {
        val whole = text
        for (size in whole.indices) refused(whole.copyOf(size))
        assertFalse(PackedFile.isPacked(whole.copyOf(2)))
    }

    @Test
    fun `each bit changed, with the old checksum and with the right one`() {
        val whole = text
        val content = PackedFile.unpack(whole)
        for (bit in 0 until 8 * whole.size) {
            val changed = whole.copyOf()
            changed[bit / 8] = (changed[bit / 8].toInt() xor (1 shl bit % 8)).toByte()
            refused(changed)
            try {
                assertArrayEquals("bit $bit", content, PackedFile.unpack(sealed(changed)))
            } catch (problem: ModelProblem) {
                assertTrue(problem.message!!.endsWith("."))
            }
        }
    }

    @Test
    fun `another dictionary is noticed`() {
        val model = packed(vectors("right").first { it["name"] == "text.tflite" })
        assertThrows(ModelProblem::class.java) { PackedFile.unpack(model, ByteArray(0)) }
        assertThrows(ModelProblem::class.java) { PackedFile.unpack(model, ByteArray(37_604)) }
    }
}
