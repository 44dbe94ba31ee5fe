package org.pnettf.runtime

import android.content.res.AssetManager
import org.pnettf.core.Assistant
import org.pnettf.core.ModelFile
import org.pnettf.core.ModelInfo
import org.pnettf.core.ModelProblem
import org.pnettf.core.PackedFile
import org.pnettf.core.ProblemKind
import java.io.ByteArrayOutputStream
import java.io.FileNotFoundException
import java.io.IOException
import java.io.InputStream

/** Models of an app's assets. */
object Models {
    /** Where `pnet-tf android` puts the model; a packed one of this name does too. */
    const val ASSET = "model.tflite"

    /** The model among [assets], checked and ready; [ModelProblem] says why there is none. */
    fun load(assets: AssetManager): Assistant = load { assets.open(ASSET) }

    /** The model that [open] gives, a `.tflite` or a `.ptz`. */
    fun load(open: () -> InputStream): Assistant {
        val content =
            try {
                open().use { read(it) }
            } catch (error: FileNotFoundException) {
                throw ModelProblem(ProblemKind.MISSING, "The app has no model; pnet-tf android puts one in.", error)
            } catch (error: IOException) {
                throw ModelProblem(ProblemKind.DAMAGED, "The model file cannot be read: ${error.message}.", error)
            }
        val model = if (PackedFile.isPacked(content)) PackedFile.unpack(content) else content
        val info = ModelInfo.of(model)
        return Assistant(info, TfliteScorer(model, info))
    }

    private fun read(stream: InputStream): ByteArray {
        val found = ByteArrayOutputStream()
        val part = ByteArray(1 shl 16)
        while (found.size() <= ModelFile.MOST_BYTES) {
            val count = stream.read(part)
            if (count < 0) break
            found.write(part, 0, count)
        }
        return found.toByteArray()
    }
}
