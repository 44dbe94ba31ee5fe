package org.pnettf.mobile

import android.view.View
import android.view.ViewGroup
import android.widget.EditText
import android.widget.TextView
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.pnettf.testing.AppRunner
import org.pnettf.testing.Bionic
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

@RunWith(AppRunner::class)
@Config(sdk = [34])
class ConversationTest {
    @Before
    fun load() = Bionic.load()

    @Test
    fun `chips appear and a tap sends`() {
        val activity = Robolectric.buildActivity(ConversationActivity::class.java).setup().get()
        activity.findViewById<EditText>(R.id.input).setText("are you coming to lunch?")
        activity.findViewById<View>(R.id.send).performClick()
        val chips = activity.findViewById<ViewGroup>(R.id.chips)
        val end = System.nanoTime() + 10_000_000_000L
        while (chips.childCount == 0 && System.nanoTime() < end) {
            Thread.sleep(5)
            shadowOf(activity.mainLooper).idle()
        }
        assertTrue(chips.childCount > 0)
        val text = (chips.getChildAt(0) as TextView).text.toString()
        println(text)
        chips.getChildAt(0).performClick()
        assertEquals(0, chips.childCount)
    }
}
