package org.pnettf.mobile

import android.Manifest
import android.app.Activity
import android.content.pm.PackageManager
import android.os.Build
import android.os.Bundle
import android.view.LayoutInflater
import android.view.View
import android.view.ViewGroup
import android.view.inputmethod.EditorInfo
import android.widget.EditText
import android.widget.ListView
import android.widget.RadioButton
import android.widget.TextView
import org.pnettf.core.Conversation
import org.pnettf.core.Offer
import org.pnettf.core.ProblemKind
import org.pnettf.core.ScoredLabel
import org.pnettf.runtime.ButtonRole
import kotlin.math.roundToInt

/** The conversation, with the replies that are offered as chips. */
class ConversationActivity : Activity() {
    private val store get() = (application as ChatApp).store
    private val adapter = MessageAdapter()
    private val show: (Conversation) -> Unit = ::render

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContentView(R.layout.conversation)
        findViewById<ListView>(R.id.messages).adapter = adapter
        findViewById<View>(R.id.send).setOnClickListener { say() }
        findViewById<View>(R.id.notify).setOnClickListener { notifyLast() }
        findViewById<EditText>(R.id.input).setOnEditorActionListener { _, action, _ ->
            if (action == EditorInfo.IME_ACTION_SEND) say()
            action == EditorInfo.IME_ACTION_SEND
        }
        savedInstanceState?.getStringArrayList(MESSAGES)?.let { store.restore(it) }
    }

    override fun onStart() {
        super.onStart()
        store.watch(show)
    }

    override fun onStop() {
        store.unwatch(show)
        super.onStop()
    }

    override fun onSaveInstanceState(outState: Bundle) {
        super.onSaveInstanceState(outState)
        outState.putStringArrayList(MESSAGES, ArrayList(store.conversation.save()))
    }

    private fun say() {
        val input = findViewById<EditText>(R.id.input)
        val text = input.text.toString()
        input.text.clear()
        if (findViewById<RadioButton>(R.id.mine).isChecked) store.send(text) else store.receive(text)
    }

    private fun render(conversation: Conversation) {
        adapter.messages = conversation.messages
        findViewById<View>(R.id.intro).visibility = visibleIf(conversation.messages.isEmpty())
        findViewById<View>(R.id.notify).isEnabled = conversation.open != null
        val note = noteOf(conversation.offer)
        val line = findViewById<TextView>(R.id.note)
        line.text = note
        line.visibility = visibleIf(note != null)
        val chips = findViewById<ViewGroup>(R.id.chips)
        chips.removeAllViews()
        when (val offer = conversation.offer) {
            is Offer.Replies -> for (text in offer.texts) chips.addView(replyChip(text, chips))
            is Offer.Labels -> for (label in offer.labels) chips.addView(labelChip(label, chips))
            else -> Unit
        }
    }

    private fun visibleIf(shown: Boolean) = if (shown) View.VISIBLE else View.GONE

    private fun noteOf(offer: Offer): String? =
        when (offer) {
            is Offer.Silence -> getString(R.string.silence)
            is Offer.Problem -> getString(sentenceOf(offer.kind))
            is Offer.Labels -> getString(if (offer.cut) R.string.cut else R.string.labels)
            is Offer.Replies -> if (offer.cut) getString(R.string.cut) else null
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
        val chip = chip(text, parent)
        chip.contentDescription = getString(R.string.reply_description, text)
        chip.setOnClickListener { store.send(text) }
        chip.accessibilityDelegate = ButtonRole
        return chip
    }

    private fun labelChip(
        label: ScoredLabel,
        parent: ViewGroup,
    ): View = chip(getString(R.string.label, label.label, (label.score * 100).roundToInt()), parent)

    private fun chip(
        text: String,
        parent: ViewGroup,
    ): TextView {
        val chip = LayoutInflater.from(this).inflate(R.layout.chip, parent, false) as TextView
        chip.text = text
        return chip
    }

    private fun notifyLast() {
        val asked = Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU
        if (asked && checkSelfPermission(Manifest.permission.POST_NOTIFICATIONS) != PackageManager.PERMISSION_GRANTED) {
            requestPermissions(arrayOf(Manifest.permission.POST_NOTIFICATIONS), 0)
            return
        }
        Notifier(this).show(store.conversation)
    }

    override fun onRequestPermissionsResult(
        requestCode: Int,
        permissions: Array<out String>,
        grantResults: IntArray,
    ) {
        if (grantResults.firstOrNull() == PackageManager.PERMISSION_GRANTED) Notifier(this).show(store.conversation)
    }

    private companion object {
        const val MESSAGES = "messages"
    }
}
