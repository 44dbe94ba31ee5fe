package org.pnettf.core

/** What a text is for the input tensor: [length] bytes of UTF-8, then zeros to the size of [bytes]. */
class MessageBytes(
    val bytes: ByteArray,
    val length: Int,
    val cut: Boolean,
) {
    /** 32-bit FNV-1a of the bytes before the padding, 0..2^32-1; it chooses among the texts of a label. */
    fun formHash(): Long {
        var hash = FNV_START
        for (i in 0 until length) {
            hash = ((hash xor (bytes[i].toLong() and 0xFF)) * FNV_PRIME) and 0xFFFF_FFFFL
        }
        return hash
    }

    companion object {
        private const val FNV_START = 2166136261L
        private const val FNV_PRIME = 16777619L

        /**
         * UTF-8 of [text], cut before the first character that does not fit into [size] bytes. A NUL
         * becomes a space, since a zero ends a message; a lone surrogate becomes U+FFFD. Reads no more of
         * the text than fits.
         */
        fun of(
            text: CharSequence,
            size: Int,
        ): MessageBytes {
            val bytes = ByteArray(size)
            var length = 0
            var i = 0
            while (i < text.length) {
                val point = codePoint(text, i)
                val needed = utf8Length(point)
                if (length + needed > size) return MessageBytes(bytes, length, true)
                write(point, needed, bytes, length)
                length += needed
                i += if (point >= FIRST_PAIR) 2 else 1
            }
            return MessageBytes(bytes, length, false)
        }

        /** [content] as it is, broken UTF-8 too; must fit into [size]. */
        fun ofRaw(
            content: ByteArray,
            size: Int,
        ): MessageBytes {
            require(content.size <= size) { "${content.size} bytes do not fit into $size" }
            return MessageBytes(content.copyOf(size), content.size, false)
        }

        private const val FIRST_PAIR = 0x10000
        private const val REPLACEMENT = 0xFFFD
        private const val SPACE = 0x20

        private fun codePoint(
            text: CharSequence,
            at: Int,
        ): Int {
            val first = text[at]
            if (first.isHighSurrogate() && at + 1 < text.length && text[at + 1].isLowSurrogate()) {
                return FIRST_PAIR + ((first.code - 0xD800) shl 10) + (text[at + 1].code - 0xDC00)
            }
            return if (first.isSurrogate()) {
                REPLACEMENT
            } else if (first.code == 0) {
                SPACE
            } else {
                first.code
            }
        }

        private fun utf8Length(point: Int): Int =
            when {
                point < 0x80 -> 1
                point < 0x800 -> 2
                point < FIRST_PAIR -> 3
                else -> 4
            }

        private fun write(
            point: Int,
            length: Int,
            to: ByteArray,
            at: Int,
        ) {
            if (length == 1) {
                to[at] = point.toByte()
                return
            }
            var rest = point
            for (i in length - 1 downTo 1) {
                to[at + i] = (0x80 or (rest and 0x3F)).toByte()
                rest = rest shr 6
            }
            to[at] = ((0xF00 shr length) or rest).toByte()
        }
    }
}
