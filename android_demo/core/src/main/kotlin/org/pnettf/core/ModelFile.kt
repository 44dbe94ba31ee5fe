package org.pnettf.core

import java.security.MessageDigest

/**
 * The metadata entry of a .tflite: a walk of a few steps through its flatbuffer, each one checked
 * against the bounds of the file, then the content hash over all of it.
 */
class ModelFile private constructor(
    private val content: ByteArray,
) {
    companion object {
        /** No model that these apps are for comes near; a larger file is not looked at. */
        const val MOST_BYTES = 64 * 1024 * 1024
        private const val ENTRY = "pnet_tf"
        private const val METADATA = 6
        private const val BUFFERS = 4
        private const val HASH = 64

        /** JSON of the entry `pnet_tf` of an undamaged file; [ModelProblem] for anything else. */
        fun metadataOf(content: ByteArray): String {
            if (content.size > MOST_BYTES) throw damaged("it has ${content.size} bytes, at most $MOST_BYTES are read")
            try {
                return ModelFile(content).metadata()
            } catch (error: IndexOutOfBoundsException) {
                throw damaged("its structure leads outside of the file", error)
            }
        }

        private fun damaged(
            why: String,
            cause: Throwable? = null,
        ) = ModelProblem(ProblemKind.DAMAGED, "The model file is damaged or no model: $why.", cause)
    }

    private fun metadata(): String {
        if (content.size < 8 || text(4, 4) != "TFL3") throw damaged("it does not begin as a TFLite file")
        val model = int(0)
        for (entry in tables(model, METADATA)) {
            val name = field(entry, 0)
            if (name == 0 || string(name) != ENTRY) continue
            val number = field(entry, 1)
            return json(model, if (number == 0) 0 else int(number))
        }
        throw ModelProblem(ProblemKind.OTHER_TASK, "The model file holds no pnet_tf metadata.")
    }

    private fun json(
        model: Int,
        number: Int,
    ): String {
        val buffers = tables(model, BUFFERS)
        if (number !in buffers.indices) throw damaged("its metadata names a buffer that does not exist")
        val data = field(buffers[number], 0)
        if (data == 0) throw damaged("its metadata is empty")
        val start = data + int(data)
        val size = int(start)
        checkRange(start + 4, size)
        checkHash(start + 4, size)
        return text(start + 4, size)
    }

    /** The JSON ends in the hash of the file with these 64 characters as zeros, a quote and a brace. */
    private fun checkHash(
        start: Int,
        size: Int,
    ) {
        if (size < HASH + 2) throw damaged("its metadata is too short")
        val place = start + size - HASH - 2
        val digest = MessageDigest.getInstance("SHA-256")
        digest.update(content, 0, place)
        digest.update(ByteArray(HASH) { '0'.code.toByte() })
        digest.update(content, place + HASH, content.size - place - HASH)
        val found = digest.digest().joinToString("") { ((it.toInt() and 0xFF) + 0x100).toString(16).substring(1) }
        if (found != text(place, HASH)) throw damaged("its content is not what its hash says")
    }

    private fun checkRange(
        start: Int,
        size: Int,
    ) {
        if (start < 0 || size < 0 || start > content.size - size) throw IndexOutOfBoundsException()
    }

    private fun int(at: Int): Int {
        checkRange(at, 4)
        var value = 0
        for (i in 3 downTo 0) value = (value shl 8) or (content[at + i].toInt() and 0xFF)
        return value
    }

    private fun short(at: Int): Int {
        checkRange(at, 2)
        return (content[at].toInt() and 0xFF) or ((content[at + 1].toInt() and 0xFF) shl 8)
    }

    private fun text(
        start: Int,
        size: Int,
    ): String {
        checkRange(start, size)
        return String(content, start, size, Charsets.UTF_8)
    }

    /** Place of field [id] of the table at [table], or 0 where the table does not have it. */
    private fun field(
        table: Int,
        id: Int,
    ): Int {
        val layout = table - int(table)
        val entry = 4 + 2 * id
        if (entry + 2 > short(layout)) return 0
        val offset = short(layout + entry)
        return if (offset == 0) 0 else table + offset
    }

    private fun string(field: Int): String {
        val start = field + int(field)
        return text(start + 4, int(start))
    }

    private fun tables(
        table: Int,
        id: Int,
    ): List<Int> {
        val field = field(table, id)
        if (field == 0) return emptyList()
        val start = field + int(field)
        val count = int(start)
        if (count < 0 || count > content.size / 4) throw IndexOutOfBoundsException()
        return List(count) {
            val place = start + 4 + 4 * it
            place + int(place)
        }
    }
}
