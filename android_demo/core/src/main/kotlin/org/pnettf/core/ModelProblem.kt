package org.pnettf.core

/** Why a model cannot be used. */
enum class ProblemKind { MISSING, DAMAGED, UNKNOWN_VERSION, OTHER_TASK, RUNTIME }

/** A model that these apps cannot run; [message] is one sentence for developers, [kind] for people. */
class ModelProblem(
    val kind: ProblemKind,
    message: String,
    cause: Throwable? = null,
) : Exception(message, cause)
