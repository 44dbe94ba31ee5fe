package org.pnettf.core

/** What a text classifier says of itself, as far as an app needs it. */
class ModelInfo(
    val byteLength: Int,
    val labels: List<String>,
    /** How many scores the file gives, with their places among the labels; null: all of them. */
    val topK: Int?,
    val replies: Map<String, List<String>>,
    /** How replies are chosen; null for a file that does not say so. */
    val ranking: Ranking?,
) {
    companion object {
        const val SPEC = 1
        const val RANKING = 2
        private const val MOST = 65_536L
        private val RANKING_FIELDS =
            setOf(
                "version", "threshold", "floor", "most_replies", "plausible", "silent", "affirmative",
                "negative", "silent_bias", "temperature", "trigger_rate",
            )

        /** Of the whole file, whose hash is checked on the way. */
        fun of(content: ByteArray): ModelInfo = ofJson(ModelFile.metadataOf(content))

        /** Of its metadata; [ModelProblem] for another version, kind or task, or a field that is not as it must be. */
        fun ofJson(text: String): ModelInfo {
            val json =
                try {
                    Fields("metadata", Json.parse(text))
                } catch (error: JsonError) {
                    throw ModelProblem(ProblemKind.DAMAGED, "The model's metadata is no JSON: ${error.message}.", error)
                }
            json.version("spec", SPEC)
            if (json.text("task") != "classification") throw otherTask("it is no classifier")
            val input = Fields("input", json["input"])
            if (input.text("kind") != "text") throw otherTask("it does not take text")
            val labels = json.texts("labels")
            val topK = json["top_k"]?.let { json.whole("top_k", 1, labels.size.toLong()) }
            if (labels.isEmpty()) throw json.wrong("labels")
            val ranking = json["ranking"]?.let { ranking(Fields("ranking", it), labels) }
            return ModelInfo(input.whole("byte_length", 1, MOST), labels, topK, replies(json), ranking)
        }

        private fun otherTask(why: String) =
            ModelProblem(ProblemKind.OTHER_TASK, "The model is none for these apps: $why.")

        private fun replies(json: Fields): Map<String, List<String>> {
            val given = json["replies"] ?: return emptyMap()
            val fields = Fields("replies", given)
            return fields.names.associateWith { fields.texts(it) }
        }

        private fun ranking(
            json: Fields,
            labels: List<String>,
        ): Ranking {
            json.version("version", RANKING)
            for (name in json.names) if (name !in RANKING_FIELDS) throw json.wrong(name)
            val named = listOf("silent", "affirmative", "negative").associateWith { json.texts(it) }
            for ((name, given) in named) if (!labels.containsAll(given)) throw json.wrong(name)
            return Ranking(
                threshold = json.share("threshold"),
                floor = json.share("floor"),
                plausible = json.share("plausible"),
                mostReplies = json.whole("most_replies", 1, 10),
                silent = named.getValue("silent").toSet(),
                affirmative = named.getValue("affirmative").toSet(),
                negative = named.getValue("negative").toSet(),
            )
        }
    }
}

/** Fields of a JSON object, each asked for by its type. */
private class Fields(
    private val what: String,
    value: Any?,
) {
    private val fields =
        value as? Map<*, *> ?: throw ModelProblem(ProblemKind.DAMAGED, "The model's $what is no object.")

    val names: List<String> get() = fields.keys.map { it as String }

    operator fun get(name: String): Any? = fields[name]

    fun wrong(name: String) =
        ModelProblem(ProblemKind.DAMAGED, "The model's $what has a field ${name.take(40)} that is not as it must be.")

    fun version(
        name: String,
        known: Int,
    ) {
        val found = fields[name]
        if (found != known.toLong()) {
            val said = if (found is Long) "$found" else "unknown"
            throw ModelProblem(
                ProblemKind.UNKNOWN_VERSION,
                "The model's $what is of version $said; this app reads version $known.",
            )
        }
    }

    fun text(name: String): String = fields[name] as? String ?: throw wrong(name)

    fun texts(name: String): List<String> {
        val list = fields[name] as? List<*> ?: throw wrong(name)
        return list.map { it as? String ?: throw wrong(name) }
    }

    fun whole(
        name: String,
        least: Long,
        most: Long,
    ): Int {
        val found = fields[name]
        if (found !is Long || found !in least..most) throw wrong(name)
        return found.toInt()
    }

    fun share(name: String): Double {
        val found = (fields[name] as? Number)?.toDouble() ?: throw wrong(name)
        if (!(found >= 0.0 && found <= 1.0)) throw wrong(name)
        return found
    }
}
