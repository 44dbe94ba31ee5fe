package org.pnettf.mobile

import android.app.Application
import org.pnettf.runtime.Background

/** Holds what outlives a screen: the model and the conversation. */
open class ChatApp : Application() {
    val store: ConversationStore by lazy { ConversationStore(model()) }

    protected open fun model() = Background(assets)
}
