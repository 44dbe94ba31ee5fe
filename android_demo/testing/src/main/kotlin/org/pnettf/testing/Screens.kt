package org.pnettf.testing

import android.app.Activity
import android.graphics.Bitmap
import android.graphics.Canvas
import android.graphics.Path
import android.os.Looper
import android.view.View
import android.view.ViewGroup
import android.widget.TextView
import org.junit.Assert.assertTrue
import org.robolectric.Shadows.shadowOf
import java.io.File

/** What tests of screens share. */
object Screens {
    private const val SECONDS = 20

    /** Let the main thread work until [done]. */
    fun waitFor(
        what: String,
        done: () -> Boolean,
    ) {
        val end = System.nanoTime() + SECONDS * 1_000_000_000L
        while (!done() && System.nanoTime() < end) {
            Thread.sleep(5)
            shadowOf(Looper.getMainLooper()).idle()
        }
        assertTrue("waited for $what", done())
    }

    fun texts(group: ViewGroup): List<String> =
        (0 until group.childCount).map { (group.getChildAt(it) as TextView).text.toString() }

    fun descriptions(group: ViewGroup): List<String> =
        (0 until group.childCount).map { group.getChildAt(it).contentDescription.toString() }

    /** What a screen reader says that the views are. */
    fun roles(group: ViewGroup): List<String> =
        (0 until group.childCount).map {
            group
                .getChildAt(it)
                .createAccessibilityNodeInfo()
                .className
                .toString()
        }

    fun isShown(view: View): Boolean = view.visibility == View.VISIBLE

    private fun circle(window: View): Path {
        val radius = window.width / 2f
        return Path().apply { addCircle(radius, radius, radius, Path.Direction.CW) }
    }

    /** The window as a PNG, where the build asks for one. */
    fun draw(
        activity: Activity,
        name: String,
    ) {
        shadowOf(Looper.getMainLooper()).idle()
        val folder = System.getProperty("pnettf.screenshots") ?: return
        val window = activity.window.decorView
        val bitmap = Bitmap.createBitmap(window.width, window.height, Bitmap.Config.ARGB_8888)
        val canvas = Canvas(bitmap)
        if (activity.resources.configuration.isScreenRound) canvas.clipPath(circle(window))
        window.draw(canvas)
        File(folder, "$name.png").outputStream().use { bitmap.compress(Bitmap.CompressFormat.PNG, 100, it) }
        println("screenshot $name.png ${window.width} x ${window.height}")
    }
}
