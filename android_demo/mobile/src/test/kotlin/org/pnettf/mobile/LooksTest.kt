package org.pnettf.mobile

import android.content.pm.PackageManager
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.pnettf.testing.AppRunner
import org.pnettf.testing.Bionic
import org.pnettf.testing.Screens
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** Light and dark, right-to-left, large fonts; pictures of them. */
@RunWith(AppRunner::class)
@Config(sdk = [34], qualifiers = "w360dp-h640dp-xhdpi")
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class LooksTest {
    @Before
    fun load() = Bionic.load()

    private fun talk(vararg messages: String): ConversationActivity {
        val activity = Robolectric.buildActivity(ConversationActivity::class.java).setup().get()
        val store = (activity.application as ChatApp).store
        for ((number, text) in messages.withIndex()) if (number % 2 == 0) store.receive(text) else store.send(text)
        val chips = activity.findViewById<ViewGroup>(R.id.chips)
        Screens.waitFor("chips") { chips.childCount > 0 }
        return activity
    }

    private fun english() =
        talk(
            "Hey! Did you see the game last night?",
            "Only the second half, what a finish",
            "Want to grab lunch tomorrow?",
        )

    @Test
    fun `by day`() = Screens.draw(english(), "phone-light")

    @Test
    @Config(qualifiers = "+night")
    fun `by night`() {
        val activity = english()
        val shown = activity.findViewById<TextView>(R.id.title).currentTextColor
        assertEquals(activity.getColor(R.color.on_surface), shown)
        assertEquals(0xFFE5E1E9.toInt(), shown)
        Screens.draw(activity, "phone-dark")
    }

    @Test
    @Config(qualifiers = "+ar-ldrtl")
    fun `right to left`() {
        val activity = talk("مرحبا", "أهلا بك", "want to grab lunch tomorrow?")
        val title = activity.findViewById<TextView>(R.id.title)
        assertEquals("سام", title.text)
        assertEquals(View.LAYOUT_DIRECTION_RTL, title.layoutDirection)
        val bell = activity.findViewById<View>(R.id.notify)
        assertTrue("the bell is at the left", bell.left < title.left)
        Screens.draw(activity, "phone-right-to-left")
    }

    @Test
    fun `large fonts`() {
        RuntimeEnvironment.setFontScale(2f)
        val activity = english()
        val chips = activity.findViewById<ViewGroup>(R.id.chips)
        assertTrue(chips.getChildAt(0).height >= 48 * 2)
        assertTrue(activity.findViewById<TextView>(R.id.title).textSize >= 22 * 2 * 1.3)
        Screens.draw(activity, "phone-large-font")
    }

    @Test
    fun `every control has a name and is large enough to touch`() {
        val activity = english()
        Screens.draw(activity, "phone-light")
        for (id in listOf(R.id.send, R.id.notify)) {
            val view = activity.findViewById<View>(id)
            assertTrue(view.contentDescription.isNotBlank())
            assertTrue(view.width >= 48 * 2 && view.height >= 48 * 2)
        }
        val chips = activity.findViewById<ViewGroup>(R.id.chips)
        for (i in 0 until chips.childCount) assertTrue(chips.getChildAt(i).height >= 48 * 2)
    }

    @Test
    fun `no permission for the network`() {
        val app = RuntimeEnvironment.getApplication()
        val info = app.packageManager.getPackageInfo(app.packageName, PackageManager.GET_PERMISSIONS)
        assertFalse(info.requestedPermissions.orEmpty().contains("android.permission.INTERNET"))
    }
}
