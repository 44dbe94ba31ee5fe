package org.pnettf.wear

import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.Intent
import android.os.Bundle
import android.speech.RecognizerIntent
import android.view.LayoutInflater
import android.view.View
import android.view.ViewGroup
import android.widget.ScrollView
import android.widget.TextView
import org.pnettf.core.Conversation
import org.pnettf.core.Offer
import org.pnettf.core.ProblemKind
import org.pnettf.core.ScoredLabel
import org.pnettf.runtime.Asked
import org.pnettf.runtime.ButtonRole
import kotlin.math.roundToInt

/** One message and what can be answered: large chips, of which a screen reader says what they do. */
class WatchActivity : Activity() {
    private var conversation = Conversation()
    private var sample = 0

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.watch)
        findViewById<View>(R.id.another).setOnClickListener { another() }
        findViewById<View>(R.id.speak).setOnClickListener { speak() }
        sample = savedInstanceState?.getInt(SAMPLE) ?: 0
        val saved = savedInstanceState?.getStringArrayList(MESSAGES)
        if (saved == null) receive(samples()[0]) else restore(saved)
    }

    override fun onSaveInstanceState(outState: Bundle) {
        super.onSaveInstanceState(outState)
        outState.putStringArrayList(MESSAGES, ArrayList(conversation.save()))
        outState.putInt(SAMPLE, sample)
    }

    private fun samples(): Array<String> = resources.getStringArray(R.array.samples)

    private fun another() {
        val all = samples()
        sample = (sample + 1) % all.size
        receive(all[sample])
    }

    /** A message of the other person. */
    fun receive(text: String) {
        conversation = conversation.received(text)
        render()
        findViewById<ScrollView>(R.id.scroll).scrollTo(0, 0)
        ask()
    }

    private fun restore(saved: List<String>) {
        conversation = Conversation.restore(saved)
        render()
        ask()
    }

    private fun ask() {
        val message = conversation.open ?: return
        (application as WatchApp).model.ask(message) { asked ->
            conversation =
                when (asked) {
                    is Asked.Answered -> conversation.answered(message, asked.answer, asked.withReplies)
                    is Asked.Failed -> conversation.failed(asked.problem.kind)
                }
            render()
        }
    }

    private fun send(text: String) {
        conversation = conversation.sent(text)
        render()
    }

    private fun render() {
        val last = conversation.messages.lastOrNull()
        val shown = if (last?.mine == true) getString(R.string.sent, last.text) else last?.text
        findViewById<TextView>(R.id.message).text = shown
        findViewById<View>(R.id.partner).visibility = if (last?.mine == true) View.GONE else View.VISIBLE
        val note = noteOf(conversation.offer)
        val line = findViewById<TextView>(R.id.note)
        line.text = note
        line.visibility = if (note == null) View.GONE else View.VISIBLE
        val chips = findViewById<ViewGroup>(R.id.chips)
        chips.removeAllViews()
        when (val offer = conversation.offer) {
            is Offer.Replies -> for (text in offer.texts) chips.addView(replyChip(text, chips))
            is Offer.Labels -> for (label in offer.labels) chips.addView(labelChip(label, chips))
            else -> Unit
        }
    }

    private fun noteOf(offer: Offer): String? =
        when (offer) {
            is Offer.Silence -> getString(R.string.silence)
            is Offer.Problem -> getString(sentenceOf(offer.kind))
            else -> null
        }

    private fun sentenceOf(kind: ProblemKind): Int =
        when (kind) {
            ProblemKind.MISSING -> R.string.problem_missing
            ProblemKind.DAMAGED -> R.string.problem_damaged
            ProblemKind.UNKNOWN_VERSION -> R.string.problem_version
            ProblemKind.OTHER_TASK -> R.string.problem_task
            ProblemKind.RUNTIME -> R.string.problem_runtime
        }

    private fun replyChip(
        text: String,
        parent: ViewGroup,
    ): View {
        val chip = chip(text, getString(R.string.reply_description, text), parent)
        chip.setOnClickListener { send(text) }
        chip.accessibilityDelegate = ButtonRole
        return chip
    }

    private fun labelChip(
        label: ScoredLabel,
        parent: ViewGroup,
    ): View {
        val percent = (label.score * 100).roundToInt()
        val description = getString(R.string.label_description, label.label, percent)
        return chip(getString(R.string.label, label.label, percent), description, parent)
    }

    private fun chip(
        text: String,
        description: String,
        parent: ViewGroup,
    ): View {
        val chip = LayoutInflater.from(this).inflate(R.layout.chip, parent, false) as TextView
        chip.text = text
        chip.contentDescription = description
        return chip
    }

    private fun speak() {
        val ask = Intent(RecognizerIntent.ACTION_RECOGNIZE_SPEECH)
        ask.putExtra(RecognizerIntent.EXTRA_LANGUAGE_MODEL, RecognizerIntent.LANGUAGE_MODEL_FREE_FORM)
        try {
            startActivityForResult(ask, SPEECH)
        } catch (_: ActivityNotFoundException) {
            val line = findViewById<TextView>(R.id.note)
            line.setText(R.string.no_speech)
            line.visibility = View.VISIBLE
        }
    }

    override fun onActivityResult(
        requestCode: Int,
        resultCode: Int,
        data: Intent?,
    ) {
        if (requestCode != SPEECH || resultCode != RESULT_OK) return
        data?.getStringArrayListExtra(RecognizerIntent.EXTRA_RESULTS)?.firstOrNull()?.let { receive(it) }
    }

    private companion object {
        const val MESSAGES = "messages"
        const val SAMPLE = "sample"
        const val SPEECH = 1
    }
}
