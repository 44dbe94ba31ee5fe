package org.pnettf.testing

import org.pnettf.core.Assistant
import org.pnettf.core.ModelInfo
import org.pnettf.core.Scorer

/** Messages of the vectors, and the sample model without its replies. */
object SampleModels {
    private fun repliesOf(vector: Map<String, Any?>): List<*> = (vector["builtin"] as Map<*, *>)["replies"] as List<*>

    private fun ordinary(): List<Map<String, Any?>> =
        Samples.vectors().filter { (it["message"] as String?)?.matches(ORDINARY) == true }

    /** A message that gets as many replies as there may be, and these. */
    fun answered(): Pair<String, List<String>> {
        val vector = ordinary().first { repliesOf(it).size == 3 }
        return vector["message"] as String to repliesOf(vector).map { it as String }
    }

    /** A message that gets none. */
    fun silent(): String = ordinary().first { repliesOf(it).isEmpty() }["message"] as String

    /** The sample model as one that only classifies. */
    fun classifier(scorer: (ByteArray, ModelInfo) -> Scorer): Assistant {
        val info = ModelInfo.of(Samples.model)
        val labels = listOf("<b>bold</b>", "\u001B[31mred", "\u202Eturned") + info.labels.drop(3)
        val plain = ModelInfo(info.byteLength, labels, null, emptyMap(), null)
        return Assistant(plain, scorer(Samples.model, plain))
    }

    private val ORDINARY = Regex("[A-Za-z ,.?!']{8,80}")
}
