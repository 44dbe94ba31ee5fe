package org.pnettf.core

/** A label and its score, 0..1. */
class ScoredLabel(
    val label: String,
    val score: Double,
)

/** What the model says to one message: the best labels, the texts to offer, whether it saw all of it. */
class Answer(
    val labels: List<ScoredLabel>,
    val replies: List<String>,
    val cut: Boolean,
)

/** The output of a model: [values] of all labels, or of those at [places] in a top-k file. */
class Output(
    val values: FloatArray,
    val places: IntArray? = null,
)

/** Runs a model: the bytes of the input tensor in, its output out. */
fun interface Scorer {
    fun run(bytes: ByteArray): Output
}

/** From a message to what is offered for it. */
class Assistant(
    val info: ModelInfo,
    private val scorer: Scorer,
) {
    /** Whether the model has replies; one without shows its labels. */
    val replies: Boolean get() = info.replies.isNotEmpty()

    /** The answer to [text]; [ModelProblem] where the model cannot be run. */
    fun answer(text: CharSequence): Answer = answer(MessageBytes.of(text, info.byteLength))

    /** The same for bytes. */
    fun answer(message: MessageBytes): Answer {
        val scores = spread(scorer.run(message.bytes))
        val best =
            scores.indices.sortedWith(compareBy({ -scores[it] }, { it })).take(minOf(SHOWN, info.topK ?: SHOWN))
        val texts =
            if (info.ranking == null) {
                info.replies[info.labels[best[0]]].orEmpty()
            } else {
                info.ranking.suggest(scores, message.formHash(), info.labels, info.replies).map { it.text }
            }
        return Answer(best.map { ScoredLabel(info.labels[it], scores[it]) }, texts, message.cut)
    }

    /** Scores of all labels, in 64 bits. */
    fun spread(output: Output): DoubleArray {
        val places = output.places
        val wanted = info.topK ?: info.labels.size
        if (output.values.size != wanted || (places == null) != (info.topK == null)) {
            throw wrong("it gives ${output.values.size} scores, its metadata says $wanted")
        }
        if (places == null) return DoubleArray(wanted) { output.values[it].toDouble() }
        val scores = DoubleArray(info.labels.size)
        for ((i, place) in places.withIndex()) {
            if (place !in scores.indices) throw wrong("it gave an index outside of its labels")
            scores[place] = output.values[i].toDouble()
        }
        return scores
    }

    private fun wrong(why: String) = ModelProblem(ProblemKind.RUNTIME, "The model cannot be used: $why.")

    private companion object {
        const val SHOWN = 3
    }
}
