package org.pnettf.testing

import org.junit.Assume.assumeTrue
import org.pnettf.core.Json
import java.io.File

/** What `make android` made before the tests: the sample model and its vectors. */
object Samples {
    private val folder: String? = System.getProperty("pnettf.samples")

    fun file(name: String): File {
        assumeTrue("no sample model", folder != null)
        return File(folder, name)
    }

    val model: ByteArray get() = file("model.tflite").readBytes()

    @Suppress("UNCHECKED_CAST")
    fun vectors(name: String = "vectors.json"): List<Map<String, Any?>> {
        val json = Json.parse(file(name).readText()) as Map<String, Any?>
        return json["vectors"] as List<Map<String, Any?>>
    }
}
