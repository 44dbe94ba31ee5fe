package org.pnettf.mobile

import android.app.RemoteInput
import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent

/** What was typed or chosen in the notification becomes a message of one's own. */
class ReplyReceiver : BroadcastReceiver() {
    override fun onReceive(
        context: Context,
        intent: Intent,
    ) {
        val text = RemoteInput.getResultsFromIntent(intent)?.getCharSequence(Notifier.REPLY) ?: return
        val store = (context.applicationContext as ChatApp).store
        store.send(text.toString())
        // shown again, since the system otherwise waits for the answer with a spinning wheel
        Notifier(context).show(store.conversation)
    }
}
