package org.pnettf.core

import org.junit.Assert.assertEquals
import org.junit.Test

class RankingTest {
    private val labels = listOf("yes", "later", "thanks", "no", "quiet")
    private val replies =
        mapOf(
            "yes" to listOf("Sure", "Yes"),
            "later" to listOf("Later?"),
            "thanks" to listOf("Thanks"),
            "no" to listOf("No", "Nope"),
        )

    private fun rule(
        threshold: Double = 0.3,
        floor: Double = 0.02,
        mostReplies: Int = 3,
        silent: Set<String> = setOf("quiet"),
        affirmative: Set<String> = setOf("yes"),
        negative: Set<String> = setOf("no"),
    ) = Ranking(threshold, floor, 0.25, mostReplies, silent, affirmative, negative)

    private fun offered(
        rule: Ranking,
        vararg scores: Double,
        texts: Map<String, List<String>> = replies,
        hash: Long = 0,
    ) = rule.suggest(scores, hash, labels, texts)

    private fun labelsOf(found: List<Suggestion>) = found.map { it.label }

    @Test
    fun `the best three by score, equal ones as the labels stand`() {
        val plain = rule(affirmative = emptySet(), negative = emptySet())
        assertEquals(listOf("later", "thanks", "no"), labelsOf(offered(plain, 0.1, 0.4, 0.3, 0.2, 0.0)))
        assertEquals(listOf("later", "yes", "thanks"), labelsOf(offered(plain, 0.25, 0.35, 0.25, 0.15, 0.0)))
        val one = rule(mostReplies = 1, affirmative = emptySet())
        assertEquals(listOf("later"), labelsOf(offered(one, 0.1, 0.4, 0.3, 0.2, 0.0)))
    }

    @Test
    fun `silence below the threshold, never at it`() {
        assertEquals(listOf("yes"), labelsOf(offered(rule(), 0.3, 0.0, 0.0, 0.0, 0.7)))
        assertEquals(emptyList<String>(), labelsOf(offered(rule(), 0.299, 0.0, 0.0, 0.0, 0.701)))
        assertEquals(emptyList<String>(), labelsOf(offered(rule(threshold = 0.0), 0.0, 0.0, 0.0, 0.0, 1.0)))
    }

    @Test
    fun `several silent labels, or none`() {
        val all = replies + ("quiet" to listOf("?"))
        val two = rule(threshold = 0.1, silent = setOf("quiet", "later"))
        assertEquals(listOf("yes"), labelsOf(offered(two, 0.2, 0.3, 0.0, 0.0, 0.5, texts = all)))
        val none = rule(threshold = 0.1, silent = emptySet())
        assertEquals(listOf("quiet", "later", "yes"), labelsOf(offered(none, 0.2, 0.3, 0.0, 0.0, 0.5, texts = all)))
    }

    @Test
    fun `the floor is a share of the best`() {
        val high = rule(threshold = 0.01, floor = 0.25)
        assertEquals(listOf("yes", "later"), labelsOf(offered(high, 0.5, 0.125, 0.124, 0.0, 0.251)))
    }

    @Test
    fun `a yes meets a plausible no`() {
        assertEquals(listOf("yes", "later", "no"), labelsOf(offered(rule(), 0.4, 0.3, 0.2, 0.1, 0.0)))
        assertEquals(listOf("no", "later", "yes"), labelsOf(offered(rule(), 0.1, 0.3, 0.2, 0.4, 0.0)))
        assertEquals(listOf("yes", "later", "thanks"), labelsOf(offered(rule(), 0.4, 0.3, 0.25, 0.05, 0.0)))
        val two = rule(mostReplies = 2, threshold = 0.0)
        val found = labelsOf(offered(two, 0.2, 0.4, 0.3, 0.1, 0.0))
        assertEquals("the first is never given up", listOf("later", "yes"), found)
    }

    @Test
    fun `texts by the hash, none twice`() {
        assertEquals(listOf("Sure"), offered(rule(), 0.9, 0.0, 0.0, 0.0, 0.1, hash = 4).map { it.text })
        assertEquals(listOf("Yes"), offered(rule(), 0.9, 0.0, 0.0, 0.0, 0.1, hash = 4294967295L).map { it.text })
        val same = mapOf("yes" to listOf("Ok", "Yes"), "later" to listOf("Ok"), "thanks" to listOf("Ok", "Thanks"))
        assertEquals(
            listOf("Ok", "Thanks"),
            offered(rule(threshold = 0.1), 0.5, 0.3, 0.2, 0.0, 0.0, texts = same).map { it.text },
        )
    }
}
