package org.pnettf.core

import org.pnettf.core.Decisions.Companion.FEW
import org.pnettf.core.Decisions.Companion.NUMBER
import java.security.MessageDigest
import java.util.zip.CRC32

/**
 * A `.ptz`, a file packed for a download, back to the very bytes of it; docs/packing.md of the project
 * specifies the format.
 */
class PackedFile private constructor(
    packed: ByteArray,
    private val dictionary: ByteArray,
    size: Int,
) {
    private val content = ByteArray(size)
    private val decisions = Decisions(packed, HEADER, ALL_ODDS)
    private val distances = intArrayOf(1, 1, 1, 1)
    private var last = LITERAL
    private var made = 0

    private fun unpack(): ByteArray {
        while (made < content.size) {
            val kind = decisions.number(KINDS)
            val size = decisions.number(SIZES)
            if (size == 0 || size > content.size - made || kind > MOST_KIND) throw damaged(PART)
            val end = made + size
            if (kind == TOKENS) tokens(end) else weights(kind, end)
        }
        return content
    }

    private fun weights(
        kind: Int,
        end: Int,
    ) {
        val high = WEIGHTS + 512 * (kind - 1)
        val low = high + 256
        decisions.forget(high, high + 512, CARRIED)
        val shared = kind - 2
        while (made < end) {
            val byte =
                if (kind == NIBBLES) {
                    decisions.symbol(high, 4, MANY) or (decisions.symbol(high, 4, MANY) shl 4)
                } else {
                    decisions.symbol(high, 8 - shared, MANY) shl shared or decisions.symbol(low, shared, MANY)
                }
            content[made++] = byte.toByte()
        }
    }

    private fun tokens(end: Int) {
        while (made < end) {
            val column = made and 3
            if (decisions.bit(IS_MATCH + 4 * last + column, FEW) == 1) {
                copy(if (decisions.bit(IS_OLD + last, FEW) == 1) oldMatch() else newMatch())
            } else {
                content[made] = if (last == LITERAL) literal(column) else missed(column)
                made++
                last = LITERAL
            }
        }
        if (made != end) throw damaged(PART)
    }

    private fun literal(column: Int): Byte = decisions.symbol(LITERALS + 256 * column, 8, FEW).toByte()

    /** The literal behind a match, by the byte that would have gone on it. */
    private fun missed(column: Int): Byte {
        val expected = before(distances[0]).toInt() and 0xFF or 256
        val table = MISSED + 768 * column
        var node = 1
        for (place in 7 downTo 0) {
            val agrees = expected ushr place + 1 == node
            val base = if (agrees) table + 256 * (1 + (expected ushr place and 1)) else table
            node = node shl 1 or decisions.bit(base + node, FEW)
        }
        return node.toByte()
    }

    /** Length of a match at one of the four distances, which becomes the first. */
    private fun oldMatch(): Int {
        val which = decisions.symbol(WHICH, 2, FEW)
        val distance = distances[which]
        for (i in which downTo 1) distances[i] = distances[i - 1]
        distances[0] = distance
        last = OLD
        return decisions.number(OLD_LENGTHS) + 1
    }

    private fun newMatch(): Int {
        val length = decisions.number(NEW_LENGTHS) + SHORTEST
        for (i in 3 downTo 1) distances[i] = distances[i - 1]
        distances[0] = decisions.number(if (length > SHORTEST) FAR_DISTANCES else DISTANCES) + 1
        last = NEW
        return length
    }

    private fun copy(length: Int) {
        val distance = distances[0]
        if (distance > made + dictionary.size || length > content.size - made) {
            throw damaged("it copies from where nothing is")
        }
        repeat(length) {
            content[made] = before(distance)
            made++
        }
    }

    private fun before(distance: Int): Byte =
        if (distance <= made) content[made - distance] else dictionary[dictionary.size + made - distance]

    companion object {
        private const val VERSION = 1
        private const val MOST_BYTES = 1 shl 26
        private const val HEADER = 28
        private const val MANY = 1023
        private const val CARRIED = 30
        private const val SHORTEST = 3
        private const val TOKENS = 0
        private const val NIBBLES = 1
        private const val MOST_KIND = 6
        private const val LITERAL = 0
        private const val NEW = 1
        private const val OLD = 2
        private const val IS_MATCH = 0
        private const val IS_OLD = 12
        private const val WHICH = 16
        private const val KINDS = 20
        private const val SIZES = KINDS + NUMBER
        private const val NEW_LENGTHS = SIZES + NUMBER
        private const val OLD_LENGTHS = NEW_LENGTHS + NUMBER
        private const val DISTANCES = OLD_LENGTHS + NUMBER
        private const val FAR_DISTANCES = DISTANCES + NUMBER
        private const val LITERALS = FAR_DISTANCES + NUMBER
        private const val MISSED = LITERALS + 4 * 256
        private const val WEIGHTS = MISSED + 4 * 768
        private const val ALL_ODDS = WEIGHTS + 512 * MOST_KIND
        private const val PART = "it has a part that does not fit"

        private val MAGIC = "PTZ".toByteArray()

        /** Whether a file begins as a packed one does. */
        fun isPacked(file: ByteArray): Boolean = file.size >= 3 && MAGIC.indices.all { file[it] == MAGIC[it] }

        /** What was packed; [ModelProblem] for anything but a whole container. */
        fun unpack(packed: ByteArray): ByteArray = unpack(packed, dictionary())

        /** The same with the bytes of pnet_tf/packing/dictionary.bin of the project from elsewhere. */
        fun unpack(
            packed: ByteArray,
            dictionary: ByteArray,
        ): ByteArray {
            if (!isPacked(packed)) throw damaged("it does not begin with PTZ")
            if (packed.size < HEADER) throw damaged("it is cut off within its first bytes")
            val version = packed[3].toInt() and 0xFF
            if (version != VERSION) {
                val said = "The packed file is of version $version; this app reads version $VERSION."
                throw ModelProblem(ProblemKind.UNKNOWN_VERSION, said)
            }
            val checksum = CRC32().apply { update(packed, 12, packed.size - 12) }.value
            if (checksum != uint32(packed, 8)) throw damaged("its checksum is another")
            val size = uint32(packed, 4)
            if (size !in 1..MOST_BYTES) throw damaged("it says $size bytes, 1 to $MOST_BYTES are allowed")
            val content = PackedFile(packed, dictionary, size.toInt()).unpack()
            val digest = MessageDigest.getInstance("SHA-256").digest(content)
            for (i in 0 until 16) if (digest[i] != packed[12 + i]) throw damaged("what it holds has another hash")
            return content
        }

        /** A full name: shrinking may rename the package of this class, and never a resource. */
        private fun dictionary(): ByteArray =
            PackedFile::class.java.getResourceAsStream("/org/pnettf/core/dictionary.bin")?.use { it.readBytes() }
                ?: throw ModelProblem(ProblemKind.MISSING, "The app has no dictionary to unpack the model with.")

        private fun uint32(
            file: ByteArray,
            at: Int,
        ): Long = (3 downTo 0).fold(0L) { value, i -> value shl 8 or (file[at + i].toLong() and 0xFF) }

        internal fun damaged(why: String) =
            ModelProblem(ProblemKind.DAMAGED, "The packed file is damaged or none: $why.")
    }
}
