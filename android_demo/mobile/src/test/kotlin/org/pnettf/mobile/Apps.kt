package org.pnettf.mobile

import org.pnettf.core.Assistant
import org.pnettf.core.ModelInfo
import org.pnettf.core.Output
import org.pnettf.runtime.Background
import org.pnettf.runtime.Models
import org.pnettf.runtime.TfliteScorer
import org.pnettf.testing.SampleModels
import org.pnettf.testing.Samples

/** The app without its model. */
class MissingApp : ChatApp() {
    override fun model() = Background { Models.load { assets.open("no such model.tflite") } }
}

/** With a model that lost its end. */
class DamagedApp : ChatApp() {
    override fun model() = Background { Models.load { Samples.model.copyOf(20_000).inputStream() } }
}

/** With a model that has no replies. */
class LabelsApp : ChatApp() {
    override fun model() = Background { SampleModels.classifier { content, info -> TfliteScorer(content, info) } }
}

/** With replies that look like markup. */
class MarkupApp : ChatApp() {
    override fun model() =
        Background {
            val texts = listOf("<b>bold</b>", "&amp; \u001B[31m")
            Assistant(ModelInfo(16, listOf("a"), null, mapOf("a" to texts.take(1)), null)) { Output(floatArrayOf(1f)) }
        }
}
