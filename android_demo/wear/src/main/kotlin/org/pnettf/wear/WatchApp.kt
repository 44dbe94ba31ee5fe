package org.pnettf.wear

import android.app.Application
import org.pnettf.runtime.Background

/** Holds the model, which outlives a screen. */
open class WatchApp : Application() {
    val model: Background by lazy { load() }

    protected open fun load() = Background(assets)
}
