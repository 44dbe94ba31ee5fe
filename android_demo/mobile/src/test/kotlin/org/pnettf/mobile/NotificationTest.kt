package org.pnettf.mobile

import android.Manifest
import android.app.Notification
import android.app.NotificationManager
import android.app.RemoteInput
import android.content.Intent
import android.os.Bundle
import android.view.View
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.pnettf.core.Offer
import org.pnettf.testing.AppRunner
import org.pnettf.testing.Bionic
import org.pnettf.testing.SampleModels
import org.pnettf.testing.Screens
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** The conversation as a notification with direct reply. */
@RunWith(AppRunner::class)
@Config(sdk = [34])
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class NotificationTest {
    private val app get() = RuntimeEnvironment.getApplication() as ChatApp

    @Before
    fun load() = Bionic.load()

    private fun shown(): Notification? =
        shadowOf(app.getSystemService(NotificationManager::class.java)).getNotification(Notifier.ID)

    private fun received(message: String) {
        app.store.receive(message)
        Screens.waitFor("the model") { app.store.conversation.offer !is Offer.Waiting }
    }

    @Test
    fun `it offers the replies and takes one`() {
        val (message, replies) = SampleModels.answered()
        received(message)
        Notifier(app).show(app.store.conversation)
        val notification = shown()!!
        assertEquals(Notification.CATEGORY_MESSAGE, notification.category)
        assertTrue(notification.extras.getString(Notification.EXTRA_TEMPLATE)!!.endsWith("MessagingStyle"))
        val action = notification.actions.single()
        val input = action.remoteInputs.single()
        assertEquals(replies, input.choices.map { it.toString() })
        assertTrue(input.allowFreeFormInput)
        answer(action, replies[0])
        assertEquals(
            listOf(message to false, replies[0] to true),
            app.store.conversation.messages.map {
                it.text to
                    it.mine
            },
        )
        assertEquals("what was sent is shown, with nothing to choose", 0, choices(shown()!!))
    }

    private fun choices(notification: Notification) =
        notification.actions
            .single()
            .remoteInputs
            .single()
            .choices
            ?.size ?: 0

    private fun answer(
        action: Notification.Action,
        text: String,
    ) {
        val intent = Intent(app, ReplyReceiver::class.java)
        RemoteInput
            .addResultsToIntent(action.remoteInputs, intent, Bundle().apply { putCharSequence(Notifier.REPLY, text) })
        assertEquals(ReplyReceiver::class.java.name, shadowOf(action.actionIntent).savedIntent.component!!.className)
        ReplyReceiver().onReceive(app, intent)
    }

    @Test
    fun `silence leaves the choice to type`() {
        received(SampleModels.silent())
        Notifier(app).show(app.store.conversation)
        assertEquals(0, choices(shown()!!))
    }

    @Test
    fun `an intent without an answer changes nothing`() {
        ReplyReceiver().onReceive(app, Intent())
        assertTrue(
            app.store.conversation.messages
                .isEmpty(),
        )
    }

    @Test
    fun `the permission is asked for first`() {
        val controller = Robolectric.buildActivity(ConversationActivity::class.java).setup()
        val bell = controller.get().findViewById<View>(R.id.notify)
        assertFalse(bell.isEnabled)
        received(SampleModels.silent())
        assertTrue(bell.isEnabled)
        bell.performClick()
        assertEquals(null, shown())
        val asked = shadowOf(controller.get()).lastRequestedPermission
        assertEquals(listOf(Manifest.permission.POST_NOTIFICATIONS), asked.requestedPermissions.toList())
        shadowOf(app).grantPermissions(Manifest.permission.POST_NOTIFICATIONS)
        bell.performClick()
        assertTrue(shown() != null)
    }
}
