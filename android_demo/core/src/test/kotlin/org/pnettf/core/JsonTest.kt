package org.pnettf.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Test

class JsonTest {
    @Test
    fun `values of every kind`() {
        val found = Json.parse(""" {"a": [1, -2.5, 1e3, true, false, null], "b": {"c": "d"}, "": []} """)
        assertEquals(
            mapOf("a" to listOf(1L, -2.5, 1000.0, true, false, null), "b" to mapOf("c" to "d"), "" to emptyList<Any>()),
            found,
        )
        assertEquals("\"\\/\b\u000C\n\r\té\uD83D", Json.parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\""))
        assertEquals("9223372036854775808 is no Long", 9.223372036854775807E18, Json.parse("9223372036854775808"))
    }

    @Test
    fun `what is no JSON`() {
        val wrong =
            listOf(
                "", "{", "[1", "[1,]", "{\"a\"}", "{\"a\":1,}", "{a:1}", "tru", "nul", "01", "1.", "+1", "\"",
                "\"\\x\"", "\"\\u12g4\"", "\"\\u12", "\"\n\"", "1 2", "NaN", "-", "{\"a\":1,\"a\":2}", "]", "\"\\",
            )
        for (text in wrong) assertThrows(text, JsonError::class.java) { Json.parse(text) }
    }

    @Test
    fun `depth has an end`() {
        Json.parse("[".repeat(Json.DEEPEST) + "]".repeat(Json.DEEPEST))
        assertThrows(JsonError::class.java) { Json.parse("[".repeat(100_000)) }
    }
}
