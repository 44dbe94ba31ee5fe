package org.pnettf.core

/** A reply, with the label and score that it stands for. */
class Suggestion(
    val label: String,
    val score: Double,
    val text: String,
)

/** Which replies a message gets, or none: the rule of docs/ranking.md, version 2, step by step. */
class Ranking(
    val threshold: Double,
    val floor: Double,
    val plausible: Double,
    val mostReplies: Int,
    val silent: Set<String>,
    val affirmative: Set<String>,
    val negative: Set<String>,
) {
    /**
     * The replies, best first, none for silence. [scores] are those of [labels], 0 for labels that a
     * top-k file does not give; [hash] is that of the message's bytes.
     */
    fun suggest(
        scores: DoubleArray,
        hash: Long,
        labels: List<String>,
        replies: Map<String, List<String>>,
    ): List<Suggestion> {
        val candidates =
            labels.indices
                .filter { scores[it] > 0 && labels[it] !in silent && !replies[labels[it]].isNullOrEmpty() }
                .sortedWith(compareBy({ -scores[it] }, { it }))
        if (candidates.isEmpty() || scores[candidates[0]] < threshold) return emptyList()
        val least = floor * scores[candidates[0]]
        val kept = candidates.filter { scores[it] >= least }
        val chosen = balanced(kept, scores, labels)
        return texts(chosen, hash, labels, replies).map { (i, text) -> Suggestion(labels[i], scores[i], text) }
    }

    private fun balanced(
        kept: List<Int>,
        scores: DoubleArray,
        labels: List<String>,
    ): List<Int> {
        val chosen = kept.take(mostReplies).toMutableList()
        val least = plausible * scores[kept[0]]
        val yes = kept.firstOrNull { labels[it] in affirmative && scores[it] >= least } ?: return chosen
        val no = kept.firstOrNull { labels[it] in negative && scores[it] >= least } ?: return chosen
        for (pole in listOf(yes, no).filter { it !in chosen }) {
            val givenUp = chosen.drop(1).lastOrNull { it != yes && it != no } ?: continue
            chosen.remove(givenUp)
            chosen.add(pole)
        }
        return chosen.sortedBy { kept.indexOf(it) }
    }

    private fun texts(
        chosen: List<Int>,
        hash: Long,
        labels: List<String>,
        replies: Map<String, List<String>>,
    ): List<Pair<Int, String>> {
        val found = ArrayList<Pair<Int, String>>()
        for (i in chosen) {
            val texts = replies.getValue(labels[i])
            val turned = texts.indices.map { texts[((hash + it) % texts.size).toInt()] }
            val text = turned.firstOrNull { candidate -> found.none { it.second == candidate } }
            if (text != null) found.add(i to text)
        }
        return found
    }
}
