package org.pnettf.runtime

import org.pnettf.core.ModelInfo
import org.pnettf.core.ModelProblem
import org.pnettf.core.Output
import org.pnettf.core.ProblemKind
import org.pnettf.core.Scorer
import org.tensorflow.lite.DataType
import org.tensorflow.lite.Interpreter
import org.tensorflow.lite.Tensor
import java.io.Closeable
import java.nio.ByteBuffer
import java.nio.ByteOrder

/**
 * A model in the TensorFlow Lite runtime: one thread, TFLite's own kernels. Not safe for several threads
 * at once. Every failure is a [ModelProblem].
 */
class TfliteScorer(
    content: ByteArray,
    private val info: ModelInfo,
) : Scorer,
    Closeable {
    // the runtime reads from this memory as long as it lives
    private val model: ByteBuffer = ByteBuffer.allocateDirect(content.size).order(ByteOrder.nativeOrder()).put(content)
    private val interpreter: Interpreter =
        guarded("cannot be loaded") { Interpreter(model.rewind() as ByteBuffer, options()) }
    private val scores = Array(1) { FloatArray(info.topK ?: info.labels.size) }
    private val places = Array(1) { IntArray(info.topK ?: 0) }
    private val input = ByteBuffer.allocateDirect(info.byteLength).order(ByteOrder.nativeOrder())

    init {
        try {
            guarded("has another signature") { checkSignature() }
        } catch (error: ModelProblem) {
            close()
            throw error
        }
    }

    override fun run(bytes: ByteArray): Output {
        require(bytes.size == info.byteLength) { "${bytes.size} bytes instead of ${info.byteLength}" }
        input.rewind()
        input.put(bytes)
        input.rewind()
        val outputs = HashMap<String, Any>()
        outputs[SCORES] = scores
        if (info.topK != null) outputs[INDICES] = places
        guarded("cannot be run") { interpreter.runSignature(mapOf<String, Any>(BYTES to input), outputs, SIGNATURE) }
        return Output(scores[0].copyOf(), if (info.topK == null) null else places[0].copyOf())
    }

    override fun close() = interpreter.close()

    private fun checkSignature() {
        if (SIGNATURE !in interpreter.signatureKeys) throw other("it has no signature $SIGNATURE")
        val inputs = interpreter.getSignatureInputs(SIGNATURE).toSet()
        if (inputs != setOf(BYTES)) throw other("its inputs are $inputs")
        check(interpreter.getInputTensorFromSignature(BYTES, SIGNATURE), DataType.UINT8, info.byteLength)
        val wanted = if (info.topK == null) setOf(SCORES) else setOf(SCORES, INDICES)
        val found = interpreter.getSignatureOutputs(SIGNATURE).toSet()
        if (found != wanted) throw other("its outputs are $found")
        check(interpreter.getOutputTensorFromSignature(SCORES, SIGNATURE), DataType.FLOAT32, scores[0].size)
        if (info.topK != null) {
            check(interpreter.getOutputTensorFromSignature(INDICES, SIGNATURE), DataType.INT32, scores[0].size)
        }
    }

    private fun check(
        tensor: Tensor,
        type: DataType,
        size: Int,
    ) {
        val shape = tensor.shape()
        if (tensor.dataType() != type || !shape.contentEquals(intArrayOf(1, size))) {
            throw other("a tensor is ${tensor.dataType()} ${shape.contentToString()}, not $type [1, $size]")
        }
    }

    private companion object {
        const val SIGNATURE = "serve"
        const val BYTES = "bytes"
        const val SCORES = "scores"
        const val INDICES = "indices"

        fun options(): Interpreter.Options = Interpreter.Options().setNumThreads(1).setUseXNNPACK(false)

        fun other(why: String) = ModelProblem(ProblemKind.OTHER_TASK, "The model is none for these apps: $why.")

        /** [work], with what the runtime throws as a [ModelProblem]. */
        inline fun <T> guarded(
            what: String,
            work: () -> T,
        ): T =
            try {
                work()
            } catch (error: IllegalArgumentException) {
                throw problem(what, error)
            } catch (error: IllegalStateException) {
                throw problem(what, error)
            } catch (error: LinkageError) {
                throw problem(what, error)
            }

        fun problem(
            what: String,
            error: Throwable,
        ) = ModelProblem(ProblemKind.RUNTIME, "The model $what: ${error.message}", error)
    }
}
