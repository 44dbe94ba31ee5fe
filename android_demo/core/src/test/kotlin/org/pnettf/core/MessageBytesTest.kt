package org.pnettf.core

import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test

class MessageBytesTest {
    private fun utf8(
        text: String,
        size: Int,
    ): String = MessageBytes.of(text, size).let { String(it.bytes, 0, it.length, Charsets.UTF_8) }

    @Test
    fun `whole characters of every length`() {
        val edges = "\u007F\u0080\u07FF\u0800\uFFFF\uD800\uDC00\uDBFF\uDFFF"
        for (text in listOf("", "a", "é", "€", "😀", "aé€😀", edges)) {
            val wanted = text.toByteArray(Charsets.UTF_8)
            val found = MessageBytes.of(text, 64)
            assertArrayEquals(wanted.copyOf(64), found.bytes)
            assertEquals(wanted.size, found.length)
            assertFalse(found.cut)
        }
    }

    @Test
    fun `cut before the character that does not fit`() {
        assertEquals("ab", utf8("ab😀", 5))
        assertEquals("ab😀", utf8("ab😀", 6))
        assertEquals("a", utf8("aé", 2))
        assertEquals("", utf8("😀b", 3))
        assertTrue(MessageBytes.of("aé", 2).cut)
        assertFalse(MessageBytes.of("aé", 3).cut)
        assertEquals("nothing small comes after what did not fit", "a", utf8("aéb", 2))
    }

    @Test
    fun `what UTF-8 and the tensor cannot hold`() {
        assertEquals("a b", utf8("a\u0000b", 8))
        assertEquals("a\uFFFDb", utf8("a\uD83Db", 8))
        assertEquals("\uFFFD\uFFFD", utf8("\uDE00\uD83D", 8))
        assertEquals("\uFFFD😀", utf8("\uD83D\uD83D\uDE00", 8))
    }

    @Test
    fun `the hash by its published values`() {
        assertEquals(0x811C9DC5L, MessageBytes.of("", 8).formHash())
        assertEquals(0xE40C292CL, MessageBytes.of("a", 8).formHash())
        assertEquals(0xBF9CF968L, MessageBytes.of("foobar", 8).formHash())
        assertEquals("the padding does not count", 0xBF9CF968L, MessageBytes.of("foobar", 128).formHash())
    }

    @Test
    fun `a very long message`() {
        assertEquals(128, MessageBytes.of("x".repeat(100_000), 128).length)
    }
}
