package org.pnettf.mobile

import android.app.Notification
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.app.Person
import android.app.RemoteInput
import android.content.Context
import android.content.Intent
import android.graphics.drawable.Icon
import android.os.Build
import org.pnettf.core.Conversation
import org.pnettf.core.Offer

/** The conversation as a notification: direct reply, with the offered replies as choices. */
class Notifier(
    private val context: Context,
) {
    private val manager = context.getSystemService(NotificationManager::class.java)

    fun show(conversation: Conversation) {
        val channel =
            NotificationChannel(CHANNEL, context.getString(R.string.channel), NotificationManager.IMPORTANCE_HIGH)
        manager.createNotificationChannel(channel)
        manager.notify(ID, notification(conversation))
    }

    fun cancel() = manager.cancel(ID)

    private fun notification(conversation: Conversation): Notification =
        Notification
            .Builder(context, CHANNEL)
            .setSmallIcon(R.drawable.bubble)
            .setColor(context.getColor(R.color.primary))
            .setCategory(Notification.CATEGORY_MESSAGE)
            .setContentIntent(open())
            .setStyle(style(conversation))
            .addAction(replyAction(conversation.offer))
            .setAutoCancel(true)
            .build()

    private fun style(conversation: Conversation): Notification.Style {
        val me = context.getString(R.string.me)
        val partner = context.getString(R.string.partner)
        val now = System.currentTimeMillis()
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.P) {
            @Suppress("DEPRECATION")
            val style = Notification.MessagingStyle(me)
            @Suppress("DEPRECATION")
            for (m in conversation.messages.takeLast(SHOWN)) {
                style
                    .addMessage(m.text, now, if (m.mine) null else partner)
            }
            return style
        }
        val other = Person.Builder().setName(partner).build()
        val style = Notification.MessagingStyle(Person.Builder().setName(me).build())
        for (m in conversation.messages.takeLast(SHOWN)) style.addMessage(m.text, now, if (m.mine) null else other)
        return style
    }

    private fun replyAction(offer: Offer): Notification.Action {
        val label = context.getString(R.string.reply)
        val choices = (offer as? Offer.Replies)?.texts.orEmpty()
        val input =
            RemoteInput
                .Builder(REPLY)
                .setLabel(label)
                .setChoices(choices.toTypedArray<CharSequence>())
                .build()
        val answer = Intent(context, ReplyReceiver::class.java)
        // what is typed is put into the intent, so that it has to be mutable
        val mutable = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) PendingIntent.FLAG_MUTABLE else 0
        val pending = PendingIntent.getBroadcast(context, 0, answer, PendingIntent.FLAG_UPDATE_CURRENT or mutable)
        return Notification.Action
            .Builder(Icon.createWithResource(context, R.drawable.send), label, pending)
            .addRemoteInput(input)
            .setAllowGeneratedReplies(false)
            .build()
    }

    private fun open(): PendingIntent {
        val intent = Intent(context, ConversationActivity::class.java)
        return PendingIntent.getActivity(context, 0, intent, PendingIntent.FLAG_IMMUTABLE)
    }

    companion object {
        const val REPLY = "reply"
        const val ID = 1
        private const val CHANNEL = "messages"
        private const val SHOWN = 8
    }
}
