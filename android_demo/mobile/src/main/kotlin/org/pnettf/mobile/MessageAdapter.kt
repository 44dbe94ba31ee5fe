package org.pnettf.mobile

import android.view.Gravity
import android.view.LayoutInflater
import android.view.View
import android.view.ViewGroup
import android.widget.BaseAdapter
import android.widget.FrameLayout
import android.widget.TextView
import org.pnettf.core.Message

/** Messages as bubbles: the other person's at the start, one's own at the end. */
class MessageAdapter : BaseAdapter() {
    var messages: List<Message> = emptyList()
        set(value) {
            field = value
            notifyDataSetChanged()
        }

    override fun getCount() = messages.size

    override fun getItem(position: Int) = messages[position]

    override fun getItemId(position: Int) = position.toLong()

    override fun isEnabled(position: Int) = false

    override fun getView(
        position: Int,
        convertView: View?,
        parent: ViewGroup,
    ): View {
        val row = convertView ?: LayoutInflater.from(parent.context).inflate(R.layout.message, parent, false)
        val message = messages[position]
        val bubble = row.findViewById<TextView>(R.id.text)
        val context = parent.context
        bubble.text = message.text
        val name = context.getString(if (message.mine) R.string.me else R.string.partner)
        bubble.contentDescription = context.getString(R.string.they_said, name, message.text)
        bubble.setBackgroundResource(if (message.mine) R.drawable.mine else R.drawable.theirs)
        bubble.setTextColor(context.getColor(if (message.mine) R.color.on_primary else R.color.on_surface))
        bubble.maxWidth = context.resources.displayMetrics.widthPixels * WIDTH_PERCENT / 100
        (bubble.layoutParams as FrameLayout.LayoutParams).gravity = if (message.mine) Gravity.END else Gravity.START
        return row
    }

    private companion object {
        const val WIDTH_PERCENT = 76
    }
}
