package org.pnettf.core

/** Text that is no JSON, or more deeply nested than [Json.DEEPEST]. */
class JsonError(
    message: String,
) : Exception(message)

/** A reader of JSON: objects as maps in their order, arrays as lists, numbers as Long or Double. */
class Json private constructor(
    private val text: String,
) {
    private var at = 0

    companion object {
        const val DEEPEST = 32

        /** The value that [text] spells; [JsonError] for anything else. */
        fun parse(text: String): Any? {
            val reader = Json(text)
            val value = reader.value(0)
            reader.skipSpace()
            if (reader.at != text.length) throw reader.error("more than one value")
            return value
        }
    }

    private fun error(what: String) = JsonError("$what at character $at")

    private fun skipSpace() {
        while (at < text.length && text[at] in " \t\r\n") at++
    }

    private fun peek(): Char = if (at < text.length) text[at] else throw error("the text ends")

    private fun expect(wanted: Char) {
        if (peek() != wanted) throw error("no '$wanted'")
        at++
    }

    private fun value(depth: Int): Any? {
        if (depth > DEEPEST) throw error("nested too deeply")
        skipSpace()
        return when (peek()) {
            '{' -> obj(depth)
            '[' -> array(depth)
            '"' -> string()
            't' -> word("true", true)
            'f' -> word("false", false)
            'n' -> word("null", null)
            else -> number()
        }
    }

    private fun word(
        spelled: String,
        value: Any?,
    ): Any? {
        if (!text.startsWith(spelled, at)) throw error("no value")
        at += spelled.length
        return value
    }

    private fun obj(depth: Int): Map<String, Any?> {
        val found = LinkedHashMap<String, Any?>()
        items('{', '}') {
            skipSpace()
            val key = string()
            skipSpace()
            expect(':')
            if (found.containsKey(key)) throw error("a key twice")
            found[key] = value(depth + 1)
        }
        return found
    }

    private fun array(depth: Int): List<Any?> {
        val found = ArrayList<Any?>()
        items('[', ']') { found.add(value(depth + 1)) }
        return found
    }

    private inline fun items(
        opening: Char,
        closing: Char,
        item: () -> Unit,
    ) {
        expect(opening)
        skipSpace()
        if (peek() == closing) {
            at++
            return
        }
        while (true) {
            item()
            skipSpace()
            if (peek() == closing) break
            expect(',')
        }
        at++
    }

    private fun string(): String {
        expect('"')
        val found = StringBuilder()
        while (true) {
            val c = peek()
            at++
            when {
                c == '"' -> return found.toString()
                c == '\\' -> found.append(escape())
                c < ' ' -> throw error("a control character in a string")
                else -> found.append(c)
            }
        }
    }

    private fun escape(): Char {
        val c = peek()
        at++
        return when (c) {
            '"', '\\', '/' -> c
            'b' -> '\b'
            'f' -> '\u000C'
            'n' -> '\n'
            'r' -> '\r'
            't' -> '\t'
            'u' -> hexadecimal()
            else -> throw error("an unknown escape")
        }
    }

    private fun hexadecimal(): Char {
        if (at + 4 > text.length) throw error("the text ends")
        var code = 0
        repeat(4) {
            val digit = Character.digit(text[at], 16)
            if (digit < 0 || text[at].code > 0x7F) throw error("no hexadecimal digit")
            code = code * 16 + digit
            at++
        }
        return code.toChar()
    }

    private fun number(): Number {
        val start = at
        while (at < text.length && text[at] in "+-.0123456789eE") at++
        val spelled = text.substring(start, at)
        if (!NUMBER.matches(spelled)) {
            at = start
            throw error("no value")
        }
        val whole = if (spelled.any { it in ".eE" }) null else spelled.toLongOrNull()
        return whole ?: spelled.toDouble()
    }
}

private val NUMBER = Regex("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")
