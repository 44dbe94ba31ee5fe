package org.pnettf.mobile

import android.app.Activity
import android.os.Bundle
import android.view.View
import android.view.ViewGroup
import android.widget.EditText
import android.widget.ListView
import android.widget.RadioButton
import android.widget.TextView
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.pnettf.core.Conversation
import org.pnettf.core.Offer
import org.pnettf.testing.AppRunner
import org.pnettf.testing.Bionic
import org.pnettf.testing.SampleModels
import org.pnettf.testing.Screens
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** The real activity with the real model: what a person does, and what is then there. */
@RunWith(AppRunner::class)
@Config(sdk = [34], qualifiers = "w360dp-h640dp-xhdpi")
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class ConversationTest {
    @Before
    fun load() = Bionic.load()

    private fun start() = Robolectric.buildActivity(ConversationActivity::class.java).setup()

    private val Activity.chips: ViewGroup get() = findViewById(R.id.chips)
    private val Activity.note: TextView get() = findViewById(R.id.note)
    private val Activity.messages get() = (findViewById<ListView>(R.id.messages).adapter as MessageAdapter).messages

    private fun offer() = (RuntimeEnvironment.getApplication() as ChatApp).store.conversation.offer

    private fun say(
        activity: Activity,
        text: String,
    ) {
        activity.findViewById<EditText>(R.id.input).setText(text)
        activity.findViewById<View>(R.id.send).performClick()
        Screens.waitFor("the model") { offer() !is Offer.Waiting }
    }

    @Test
    fun `chips appear and a tap sends`() {
        val activity = start().get()
        val (message, replies) = SampleModels.answered()
        assertTrue(Screens.isShown(activity.findViewById(R.id.intro)))
        say(activity, message)
        assertEquals(replies, Screens.texts(activity.chips))
        assertEquals(replies.map { "Reply: $it" }, Screens.descriptions(activity.chips))
        assertTrue(Screens.roles(activity.chips).all { it == "android.widget.Button" })
        assertFalse(Screens.isShown(activity.findViewById(R.id.intro)))
        activity.chips.getChildAt(1).performClick()
        assertEquals(0, activity.chips.childCount)
        assertEquals(listOf(message to false, replies[1] to true), activity.messages.map { it.text to it.mine })
    }

    @Test
    fun `silence shows none and says so`() {
        val activity = start().get()
        say(activity, SampleModels.silent())
        assertEquals(0, activity.chips.childCount)
        assertEquals("No reply fits this message.", activity.note.text)
    }

    @Test
    fun `one's own words are not put to the model`() {
        val activity = start().get()
        activity.findViewById<RadioButton>(R.id.mine).isChecked = true
        say(activity, "are you coming?")
        assertEquals(0, activity.chips.childCount)
        assertTrue(activity.messages.single().mine)
        say(activity, "   ")
        assertEquals(1, activity.messages.size)
    }

    @Test
    fun `a message of 100,000 characters`() {
        val activity = start().get()
        say(activity, "are you coming to lunch? ".repeat(4000))
        assertEquals(
            Conversation.LONGEST,
            activity.messages
                .single()
                .text.length + 1,
        ) // a space at its end
        val expected = if (activity.chips.childCount == 0) "No reply fits" else "The message is long"
        assertTrue(activity.note.text.startsWith(expected))
    }

    @Test
    @Config(application = MissingApp::class)
    fun `a missing model is a sentence`() =
        problem("This app was built without a model. Put one in with pnet-tf android.")

    @Test
    @Config(application = DamagedApp::class)
    fun `a damaged model is a sentence`() = problem("The model in this app is damaged. Put it in again.")

    private fun problem(sentence: String) {
        val activity = start().get()
        say(activity, "are you coming?")
        assertEquals(sentence, activity.note.text)
        say(activity, "and now?")
        assertEquals(0, activity.chips.childCount)
        assertEquals(2, activity.messages.size)
        Screens.draw(activity, "phone-problem")
    }

    @Test
    @Config(application = LabelsApp::class)
    fun `a model without replies shows its labels`() {
        val activity = start().get()
        say(activity, "are you coming to lunch?")
        val shown = Screens.texts(activity.chips)
        assertEquals(3, shown.size)
        assertTrue(shown.all { it.matches(Regex(".+ \\d{1,3}%")) })
        assertEquals("What the model sees in it:", activity.note.text)
        assertTrue(Screens.roles(activity.chips).all { it == "android.widget.TextView" })
        activity.chips.getChildAt(0).performClick()
        assertEquals("labels are not sent", 1, activity.messages.size)
        Screens.draw(activity, "phone-labels")
    }

    @Test
    @Config(application = MarkupApp::class)
    fun `markup is text`() {
        val activity = start().get()
        say(activity, "<h1>hi</h1>")
        assertEquals(listOf("<b>bold</b>"), Screens.texts(activity.chips))
        assertEquals("<h1>hi</h1>", activity.messages.single().text)
    }

    @Test
    fun `rotation keeps what was said and offered`() {
        val controller = start()
        val (message, replies) = SampleModels.answered()
        say(controller.get(), message)
        RuntimeEnvironment.setQualifiers("+land")
        controller.recreate()
        assertEquals(listOf(message), controller.get().messages.map { it.text })
        assertEquals(replies, Screens.texts(controller.get().chips))
        Screens.draw(controller.get(), "phone-landscape")
    }

    @Test
    fun `a process that ended brings its conversation back`() {
        val (message, replies) = SampleModels.answered()
        val state = Bundle()
        state.putStringArrayList("messages", arrayListOf(">earlier", "<yes", ">$message"))
        val activity = Robolectric.buildActivity(ConversationActivity::class.java).setup(state).get()
        Screens.waitFor("the model") { activity.chips.childCount > 0 }
        assertEquals(listOf("earlier", "yes", message), activity.messages.map { it.text })
        assertEquals(replies, Screens.texts(activity.chips))
    }
}
