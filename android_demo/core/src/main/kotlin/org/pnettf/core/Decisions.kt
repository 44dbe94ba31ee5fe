package org.pnettf.core

private const val TOP = 1 shl 22
private const val CARRIED = 30
private const val MOST_NUMBER = Int.MAX_VALUE - 3L // so that lengths, which are more by 1 or 3, are an Int
private val RATES = IntArray(1024) { 131072 / (2 * it + 3) }

/** What is learned of decisions: probabilities [p] of a 1 in units of 1 / TOP, and how many [n] were seen. */
internal class Odds(
    size: Int,
    val limit: Int = 60,
) {
    val p = IntArray(size) { TOP / 2 }
    val n = IntArray(size)

    /** Keep the probabilities and forget most of how sure they are. */
    fun carry() {
        for (i in n.indices) n[i] = minOf(n[i], CARRIED)
    }
}

/** Decisions of a packed file, read by a range coder from the byte [next] of [packed] on. */
internal class Decisions(
    private val packed: ByteArray,
    private var next: Int,
) {
    private var range = 0xFFFFFFFFL
    private var code = (1..4).fold(0L) { code, _ -> code shl 8 or byte() }

    /** The next byte; four after the end are 0. */
    private fun byte(): Long {
        if (next == packed.size + 4) throw PackedFile.damaged("it ends before its content does")
        return packed.getOrElse(next++) { 0 }.toLong() and 0xFF
    }

    /** A decision by the odds at a place, which learn of it. */
    fun bit(
        odds: Odds,
        at: Int,
    ): Int {
        val p = odds.p[at]
        val rate = RATES[odds.n[at]]
        val bit = narrow((range shr 12) * (p shr 10 or 1))
        val zero = bit - 1 // all ones for a 0: no branch, which a processor could not foresee
        val error = (TOP and zero.inv()) + (p xor zero.inv()) + bit // of a 1: TOP - p, of a 0: p
        odds.p[at] = p + ((error shr 7) * rate shr 9 xor zero) - zero
        if (odds.n[at] < odds.limit) odds.n[at]++
        return bit
    }

    /** 1 below the bound, 0 from there on. */
    private fun narrow(bound: Long): Int {
        val one = code - bound shr 63 // all ones for a 1
        range += (bound - range and one) - (bound and one.inv())
        code -= bound and one.inv()
        while (range < 1 shl 24) {
            range = range shl 8
            code = code shl 8 or byte()
        }
        return -one.toInt()
    }

    /** A symbol of so many bits, the highest first. */
    fun symbol(
        odds: Odds,
        bits: Int,
    ): Int {
        var node = 1
        while (node shr bits == 0) node = node shl 1 or bit(odds, node)
        return node - (1 shl bits)
    }

    /** A number from 0 on; MOST_NUMBER stands for all above it, which fit nowhere. */
    fun number(odds: Odds): Int {
        val length = symbol(odds, 5)
        val table = 32 + 8 * length
        var found = 1L
        for (place in length - 1 downTo 0) {
            val bit =
                when (place) {
                    length - 1 -> bit(odds, table)
                    length - 2 -> bit(odds, table + found.toInt())
                    1 -> bit(odds, table + 4)
                    0 -> bit(odds, table + 5 + (found.toInt() and 1))
                    else -> narrow(range shr 1)
                }
            found = found shl 1 or bit.toLong()
        }
        return minOf(found - 1, MOST_NUMBER).toInt()
    }
}
