package org.pnettf.core

import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.security.MessageDigest
import java.util.zip.CRC32

private const val VERSION: Byte = 1
private const val MOST_BYTES = 1 shl 26
private const val HASH = 12 // where it begins, and what the checksum is of
private const val HEADER = 28
private const val NUMBER = 288 // odds of one kind of number
private const val MANY = 1023
private const val SHORTEST = 3
private const val TOKENS = 0
private const val NIBBLES = 1
private const val MOST_KIND = 6
private const val LITERAL = 0
private const val NEW = 1
private const val OLD = 2
private const val MISFIT = "it has a part that does not fit"

/**
 * A `.ptz`, a file packed for a download, back to the very bytes of it; docs/packing.md of the project
 * specifies the format.
 */
class PackedFile private constructor(
    packed: ByteArray,
    dictionary: ByteArray,
    size: Int,
) {
    private val decisions = Decisions(packed, HEADER)
    private val begin = dictionary.size
    private val bytes = dictionary.copyOf(begin + size)
    private var made = begin
    private val distances = mutableListOf(1, 1, 1, 1)
    private var last = LITERAL
    private val kinds = Odds(NUMBER)
    private val sizes = Odds(NUMBER)
    private val isMatch = Odds(3 * 4)
    private val isOld = Odds(3)
    private val which = Odds(4)
    private val lengths = List(2) { Odds(NUMBER) } // at a new distance, at an old one
    private val newDistances = List(2) { Odds(NUMBER) } // of the shortest match, of a longer one
    private val literals = List(4) { Odds(256) }
    private val missed = List(4) { Odds(3 * 256) }
    private val weights = List(MOST_KIND + 1) { Odds(256, MANY) }
    private val lowBits = List(MOST_KIND + 1) { Odds(16, MANY) }

    private fun unpack(): ByteArray {
        while (made < bytes.size) {
            val kind = decisions.number(kinds)
            val size = decisions.number(sizes)
            if (size == 0 || size > bytes.size - made || kind > MOST_KIND) throw damaged(MISFIT)
            val end = made + size
            for (tables in listOf(weights, lowBits)) tables[kind].carry()
            while (made < end) if (kind == TOKENS) token() else put(weight(kind))
            if (made != end) throw damaged(MISFIT)
        }
        return bytes.copyOfRange(begin, bytes.size)
    }

    private fun weight(kind: Int): Int {
        val odds = weights[kind]
        if (kind == NIBBLES) return decisions.symbol(odds, 4) or (decisions.symbol(odds, 4) shl 4)
        val shared = kind - 2
        return decisions.symbol(odds, 8 - shared) shl shared or decisions.symbol(lowBits[kind], shared)
    }

    private fun put(byte: Int) = bytes.set(made++, byte.toByte())

    private fun token() {
        val column = made - begin and 3
        if (decisions.bit(isMatch, 4 * last + column) == 1) {
            copy(match())
        } else {
            put(if (last == LITERAL) decisions.symbol(literals[column], 8) else missed(missed[column]))
            last = LITERAL
        }
    }

    /** The literal behind a match, by the byte that would have gone on it. */
    private fun missed(odds: Odds): Int {
        val expected = bytes[made - distances[0]].toInt() and 0xFF or 256
        var node = 1
        for (place in 7 downTo 0) {
            val base = if (expected shr place + 1 == node) 256 * (1 + (expected shr place and 1)) else 0
            node = node shl 1 or decisions.bit(odds, base + node)
        }
        return node
    }

    /** Length of a match, whose distance becomes the first of four. */
    private fun match(): Int {
        last = if (decisions.bit(isOld, last) == 1) OLD else NEW
        if (last == OLD) {
            distances.add(0, distances.removeAt(decisions.symbol(which, 2)))
            return decisions.number(lengths[1]) + 1
        }
        val length = decisions.number(lengths[0]) + SHORTEST
        distances.removeAt(3)
        distances.add(0, decisions.number(newDistances[if (length > SHORTEST) 1 else 0]) + 1)
        return length
    }

    private fun copy(length: Int) {
        val distance = distances[0]
        if (distance > made || length > bytes.size - made) throw damaged("it copies from where nothing is")
        repeat(length) { put(bytes[made - distance].toInt()) }
    }

    companion object {
        /** Whether a file begins as a packed one does. */
        fun isPacked(file: ByteArray): Boolean = file.copyOf(3).decodeToString() == "PTZ"

        /** What was packed; [ModelProblem] for anything but a whole container. */
        fun unpack(packed: ByteArray): ByteArray = unpack(packed, dictionary())

        /** The same with the bytes of pnet_tf/packing/dictionary.bin of the project from elsewhere. */
        fun unpack(
            packed: ByteArray,
            dictionary: ByteArray,
        ): ByteArray {
            if (!isPacked(packed)) throw damaged("it does not begin with PTZ")
            if (packed.size < HEADER) throw damaged("it is cut off within its first bytes")
            val header = ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN)
            if (packed[3] != VERSION) {
                val said = "The packed file is of version ${packed[3].toUByte()}; this app reads version $VERSION."
                throw ModelProblem(ProblemKind.UNKNOWN_VERSION, said)
            }
            val checksum = CRC32().apply { update(packed, HASH, packed.size - HASH) }.value
            if (checksum.toInt() != header.getInt(8)) throw damaged("its checksum is another")
            val size = header.getInt(4)
            if (size !in 1..MOST_BYTES) throw damaged("it says ${size.toUInt()} bytes, 1 to $MOST_BYTES are allowed")
            val content = PackedFile(packed, dictionary, size).unpack()
            val hash = MessageDigest.getInstance("SHA-256").digest(content).copyOf(HEADER - HASH)
            if (!hash.contentEquals(packed.copyOfRange(HASH, HEADER))) throw damaged("what it holds has another hash")
            return content
        }

        /** A full name: shrinking may rename the package of this class, and never a resource. */
        private fun dictionary(): ByteArray =
            PackedFile::class.java.getResourceAsStream("/org/pnettf/core/dictionary.bin")?.use { it.readBytes() }
                ?: throw ModelProblem(ProblemKind.MISSING, "The app has no dictionary to unpack the model with.")

        internal fun damaged(why: String) =
            ModelProblem(ProblemKind.DAMAGED, "The packed file is damaged or none: $why.")
    }
}
