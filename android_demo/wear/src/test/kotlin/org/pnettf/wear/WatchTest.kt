package org.pnettf.wear

import android.app.Activity
import android.content.Intent
import android.content.pm.PackageManager
import android.speech.RecognizerIntent
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.pnettf.core.PackedFile
import org.pnettf.runtime.Background
import org.pnettf.runtime.Models
import org.pnettf.runtime.TfliteScorer
import org.pnettf.testing.AppRunner
import org.pnettf.testing.Bionic
import org.pnettf.testing.SampleModels
import org.pnettf.testing.Samples
import org.pnettf.testing.Screens
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

class MissingApp : WatchApp() {
    override fun load() = Background { Models.load { assets.open("no such model.tflite") } }
}

class DamagedApp : WatchApp() {
    private val cut get() = Samples.file("model.ptz").readBytes().copyOf(10_000)

    override fun load() = Background { Models.load { cut.inputStream() } }
}

class LabelsApp : WatchApp() {
    override fun load() = Background { SampleModels.classifier { content, info -> TfliteScorer(content, info) } }
}

/** The real activity of the watch with the real model. */
@RunWith(AppRunner::class)
@Config(sdk = [34], qualifiers = "w225dp-h225dp-round-watch-xhdpi")
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class WatchTest {
    @Before
    fun load() = Bionic.load()

    private val Activity.chips: ViewGroup get() = findViewById(R.id.chips)
    private val Activity.note: TextView get() = findViewById(R.id.note)
    private val Activity.message: TextView get() = findViewById(R.id.message)

    private fun start() = Robolectric.buildActivity(WatchActivity::class.java).setup()

    private fun settled(activity: WatchActivity): WatchActivity {
        Screens.waitFor("the model") { activity.chips.childCount > 0 || Screens.isShown(activity.note) }
        return activity
    }

    private fun asked(message: String): WatchActivity {
        val activity = settled(start().get())
        activity.receive(message)
        return settled(activity)
    }

    /** As `pnet-tf android --pack` would have put it in: all answers here come from it. */
    @Test
    fun `the model in this app is packed`() {
        val assets = RuntimeEnvironment.getApplication().assets
        assertTrue(PackedFile.isPacked(assets.open(Models.ASSET).use { it.readBytes() }))
    }

    @Test
    fun `three large chips that say what they do`() {
        val (message, replies) = SampleModels.answered()
        val activity = asked(message)
        assertEquals(replies, Screens.texts(activity.chips))
        assertEquals(replies.map { "Reply: $it" }, Screens.descriptions(activity.chips))
        assertTrue(Screens.roles(activity.chips).all { it == "android.widget.Button" })
        for (i in 0 until 3) assertTrue(activity.chips.getChildAt(i).height >= 52 * 2)
        assertTrue(activity.resources.configuration.isScreenRound)
        activity.chips.getChildAt(2).performClick()
        assertEquals("Sent: ${replies[2]}", activity.message.text)
        assertEquals(0, activity.chips.childCount)
    }

    @Test
    fun `a picture`() {
        val activity = settled(start().get())
        assertEquals("Want to grab lunch tomorrow?", activity.message.text)
        Screens.draw(activity, "watch")
        activity.findViewById<View>(R.id.scroll).scrollTo(0, 10_000)
        Screens.draw(activity, "watch-end")
    }

    @Test
    @Config(qualifiers = "+ar-ldrtl")
    fun `right to left`() {
        val activity = settled(start().get())
        assertEquals(View.LAYOUT_DIRECTION_RTL, activity.chips.layoutDirection)
        Screens.draw(activity, "watch-right-to-left")
    }

    @Test
    fun `large fonts`() {
        RuntimeEnvironment.setFontScale(1.6f)
        Screens.draw(settled(start().get()), "watch-large-font")
    }

    @Test
    fun `silence shows none and says so`() {
        val activity = asked(SampleModels.silent())
        assertEquals(0, activity.chips.childCount)
        assertEquals("No reply fits.", activity.note.text)
        activity.findViewById<View>(R.id.another).performClick()
        assertEquals("Are you still at the office?", settled(activity).message.text)
    }

    @Test
    @Config(application = MissingApp::class)
    fun `a missing model is a sentence`() = assertEquals("Built without a model.", asked("hello").note.text)

    @Test
    @Config(application = DamagedApp::class)
    fun `a damaged model is a sentence`() = assertEquals("The model is damaged.", asked("hello").note.text)

    @Test
    @Config(application = LabelsApp::class)
    fun `a model without replies shows its labels`() {
        val activity = asked("are you coming to lunch?")
        assertEquals(3, activity.chips.childCount)
        assertTrue(Screens.descriptions(activity.chips).all { it.matches(Regex("The model sees .+, \\d+ percent")) })
        Screens.draw(activity, "watch-labels")
    }

    @Test
    fun `rotation keeps the message and its replies`() {
        val (message, replies) = SampleModels.answered()
        val controller = start()
        settled(controller.get()).receive(message)
        settled(controller.get())
        controller.recreate()
        assertEquals(message, settled(controller.get()).message.text)
        assertEquals(replies, Screens.texts(controller.get().chips))
    }

    @Test
    fun `speech is a message, and a watch without it says so`() {
        val (message, replies) = SampleModels.answered()
        val activity = settled(start().get())
        activity.findViewById<View>(R.id.speak).performClick()
        val asked = shadowOf(activity).nextStartedActivityForResult
        assertEquals(RecognizerIntent.ACTION_RECOGNIZE_SPEECH, asked.intent.action)
        val heard = Intent().putStringArrayListExtra(RecognizerIntent.EXTRA_RESULTS, arrayListOf(message))
        shadowOf(activity).receiveResult(asked.intent, Activity.RESULT_OK, heard)
        assertEquals(replies, Screens.texts(settled(activity).chips))
        shadowOf(RuntimeEnvironment.getApplication()).checkActivities(true)
        activity.findViewById<View>(R.id.speak).performClick()
        assertEquals("This watch takes no speech.", activity.note.text)
    }

    @Test
    fun `no permission at all`() {
        val app = RuntimeEnvironment.getApplication()
        val info = app.packageManager.getPackageInfo(app.packageName, PackageManager.GET_PERMISSIONS)
        assertEquals(emptyList<String>(), info.requestedPermissions.orEmpty().toList())
    }
}
