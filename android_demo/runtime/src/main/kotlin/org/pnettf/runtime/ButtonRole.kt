package org.pnettf.runtime

import android.view.View
import android.view.accessibility.AccessibilityNodeInfo
import android.widget.Button

/** Lets a screen reader speak of a view as of a button. */
object ButtonRole : View.AccessibilityDelegate() {
    override fun onInitializeAccessibilityNodeInfo(
        host: View,
        info: AccessibilityNodeInfo,
    ) {
        super.onInitializeAccessibilityNodeInfo(host, info)
        info.className = Button::class.java.name
    }
}
