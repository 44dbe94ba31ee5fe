package org.pnettf.wear

import android.app.Application
import org.pnettf.runtime.Background

/** Holds the model, which outlives a screen. */
class WatchApp : Application() {
    val model: Background by lazy { Background(assets) }
}
