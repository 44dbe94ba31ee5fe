package org.pnettf.core

/**
 * Decisions of a packed file, read by a range coder from the byte [next] of [packed] on, and what is learned of
 * each. All odds lie in one array, each a word: the probability of a 1 in 22 bits, its count in 10.
 */
internal class Decisions(
    private val packed: ByteArray,
    private var next: Int,
    size: Int,
) {
    private val odds = IntArray(size).apply { fill(HALF shl 10) }
    private var range = -1 // as code, unsigned
    private var code = 0

    init {
        repeat(4) { code = code shl 8 or byte() }
    }

    /** The next byte; four after the end are 0. */
    private fun byte(): Int {
        if (next >= packed.size + 4) throw PackedFile.damaged("it ends before its content does")
        val found = if (next < packed.size) packed[next].toInt() and 0xFF else 0
        next++
        return found
    }

    /** A decision with the odds at [place], which count [limit] decisions at most. */
    fun bit(
        place: Int,
        limit: Int,
    ): Int {
        val word = odds[place]
        val p = word ushr 10
        val n = word and 1023
        val bound = (range ushr 12) * (p ushr 10 or 1)
        val mask = maskOf(bound)
        val error = (TOP and mask) + (p xor mask) - mask // of a 1: TOP - p, of a 0: p
        val step = (error ushr 7) * RATES[n] ushr 9
        val moved = p + (step xor mask.inv()) - mask.inv()
        odds[place] = moved shl 10 or (if (n < limit) n + 1 else n)
        narrow(bound, mask)
        return -mask
    }

    /** A decision of even chances. */
    private fun even(): Int {
        val bound = range ushr 1
        val mask = maskOf(bound)
        narrow(bound, mask)
        return -mask
    }

    /** -1 for a decision of 1, 0 for one of 0; no branch, which a processor could not foresee. */
    private fun maskOf(bound: Int): Int = ((code.toLong() and WORD) - (bound.toLong() and WORD) shr 63).toInt()

    private fun narrow(
        bound: Int,
        mask: Int,
    ) {
        val rest = range - bound
        range = rest + (bound - rest and mask)
        code -= bound and mask.inv()
        if (range ushr 24 == 0) refill()
    }

    private fun refill() {
        while (range ushr 24 == 0) {
            range = range shl 8
            code = code shl 8 or byte()
        }
    }

    /** A symbol of [bits] bits by the odds from [base] on. */
    fun symbol(
        base: Int,
        bits: Int,
        limit: Int,
    ): Int {
        var node = 1
        while (node ushr bits == 0) node = node shl 1 or bit(base + node, limit)
        return node - (1 shl bits)
    }

    /** A number from 0 on; MOST_NUMBER stands for all above it, which fit nowhere. */
    fun number(base: Int): Int {
        val length = symbol(base, 5, FEW)
        val table = base + 32 + 8 * length
        var found = 1L
        for (place in length - 1 downTo 0) {
            val low = found.toInt()
            val one =
                when {
                    place == length - 1 -> bit(table, FEW)
                    place == length - 2 -> bit(table + low, FEW)
                    place == 1 -> bit(table + 4, FEW)
                    place == 0 -> bit(table + 5 + (low and 1), FEW)
                    else -> even()
                }
            found = found shl 1 or one.toLong()
        }
        return minOf(found - 1, MOST_NUMBER).toInt()
    }

    /** Let no more than [limit] decisions count of the odds from [begin] until [end]. */
    fun forget(
        begin: Int,
        end: Int,
        limit: Int,
    ) {
        for (place in begin until end) {
            val word = odds[place]
            if (word and 1023 > limit) odds[place] = word and 1023.inv() or limit
        }
    }

    companion object {
        /** Odds of one kind of number. */
        const val NUMBER = 288

        /** Decisions that count at most, for all but weights. */
        const val FEW = 60
        private const val TOP = 1 shl 22
        private const val HALF = 1 shl 21
        private const val WORD = 0xFFFFFFFFL
        private const val MOST_NUMBER = Int.MAX_VALUE - 3L // so that lengths, which are more by 1 or 3, are an Int
        private val RATES = IntArray(1024) { 131072 / (2 * it + 3) }
    }
}
