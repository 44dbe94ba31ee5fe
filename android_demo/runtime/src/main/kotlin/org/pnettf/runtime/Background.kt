package org.pnettf.runtime

import android.content.res.AssetManager
import android.os.Handler
import android.os.Looper
import android.util.Log
import org.pnettf.core.Answer
import org.pnettf.core.Assistant
import org.pnettf.core.ModelProblem
import java.util.concurrent.Executors

/** What came of asking the model. */
sealed class Asked {
    class Answered(
        val answer: Answer,
        val withReplies: Boolean,
    ) : Asked()

    class Failed(
        val problem: ModelProblem,
    ) : Asked()
}

/**
 * The model of an app on a thread of its own: loaded once, when it is first asked, and asked one message
 * after the other. What it says comes back on the main thread.
 */
class Background(
    private val load: () -> Assistant,
) {
    constructor(assets: AssetManager) : this({ Models.load(assets) })

    private val worker = Executors.newSingleThreadExecutor { Thread(it, "model").apply { isDaemon = true } }
    private val main = Handler(Looper.getMainLooper())
    private var loaded: Assistant? = null
    private var broken: ModelProblem? = null

    /** Ask about [message]; [then] is called on the main thread. */
    fun ask(
        message: String,
        then: (Asked) -> Unit,
    ) {
        worker.execute {
            val asked = answer(message)
            main.post { then(asked) }
        }
    }

    private fun answer(message: String): Asked {
        broken?.let { return Asked.Failed(it) }
        return try {
            val assistant = loaded ?: load().also { loaded = it }
            Asked.Answered(assistant.answer(message), assistant.replies)
        } catch (problem: ModelProblem) {
            Log.w("pnet_tf", problem.message, problem)
            broken = problem
            Asked.Failed(problem)
        }
    }
}
