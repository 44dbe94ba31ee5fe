package org.pnettf.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class ModelInfoTest {
    private val ranking =
        """{"version":2,"threshold":0.2,"most_replies":3,"floor":0.02,"plausible":0.2,"silent":["none"],
        "affirmative":["yes"],"negative":[],"temperature":1.0,"silent_bias":0.0,"trigger_rate":null}"""
    private val whole =
        """{"spec":1,"version":"0.1.0","task":"classification","input":{"kind":"text","byte_length":128},
        "labels":["yes","none"],"top_k":null,"replies":{"yes":["Yes","Sure 👍"]},"ranking":$ranking,"more":[1]}"""

    private fun refused(
        kind: ProblemKind,
        text: String,
    ) {
        val problem = assertThrows(text, ModelProblem::class.java) { ModelInfo.ofJson(text) }
        assertEquals(text, kind, problem.kind)
        assertTrue(problem.message!!.endsWith(".") && problem.message!!.length < 200)
    }

    @Test
    fun `all that an app needs`() {
        val info = ModelInfo.ofJson(whole)
        assertEquals(128, info.byteLength)
        assertEquals(listOf("yes", "none"), info.labels)
        assertEquals(mapOf("yes" to listOf("Yes", "Sure 👍")), info.replies)
        assertEquals(setOf("none"), info.ranking!!.silent)
        assertNull(info.topK)
        assertNull(ModelInfo.ofJson(whole.replace(ranking, "null")).ranking)
        assertEquals(2, ModelInfo.ofJson(whole.replace("\"top_k\":null", "\"top_k\":2")).topK)
    }

    @Test
    fun `other versions and tasks`() {
        refused(ProblemKind.UNKNOWN_VERSION, whole.replace("\"spec\":1", "\"spec\":2"))
        refused(ProblemKind.UNKNOWN_VERSION, whole.replace("\"spec\":1", "\"spec\":true"))
        refused(ProblemKind.UNKNOWN_VERSION, whole.replace("{\"version\":2", "{\"version\":1"))
        refused(ProblemKind.UNKNOWN_VERSION, whole.replace("{\"version\":2,", "{"))
        refused(ProblemKind.OTHER_TASK, whole.replace("classification", "regression"))
        refused(ProblemKind.OTHER_TASK, whole.replace("\"kind\":\"text\"", "\"kind\":\"image\""))
    }

    @Test
    fun `fields that are not as they must be`() {
        val changes =
            listOf(
                "[\"none\"]" to "null", "[\"none\"]" to "[\"other\"]", "[\"none\"]" to "\"none\"",
                "0.2," to "2,", "\"most_replies\":3" to "\"most_replies\":0",
                "\"most_replies\":3" to "\"most_replies\":3.5",
                "\"byte_length\":128" to "\"byte_length\":0", "\"byte_length\":128" to "\"byte_length\":65537",
                "\"labels\":[\"yes\",\"none\"]" to "\"labels\":[]", "\"labels\":[\"yes\",\"none\"]" to "\"labels\":[1]",
                "\"top_k\":null" to "\"top_k\":3", "[\"Yes\",\"Sure 👍\"]" to "\"Yes\"", ranking to "[]",
                "\"trigger_rate\":null" to "\"novel\":1", "\"task\":\"classification\"" to "\"task\":1",
            )
        for ((old, new) in changes) {
            assertTrue(old, old in whole)
            refused(ProblemKind.DAMAGED, whole.replace(old, new))
        }
        refused(ProblemKind.DAMAGED, "[]")
        refused(ProblemKind.DAMAGED, "{")
    }
}
