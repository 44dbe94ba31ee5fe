package org.pnettf.testing

import org.junit.Assume.assumeTrue
import java.io.File

/**
 * Stand-ins for Android's libc over glibc, which `make android` builds: with them the runtime's own
 * library of the AAR runs on the JVM. Without them, in Gradle say, tests that need it are skipped.
 */
object Bionic {
    private val folder: String? = System.getProperty("pnettf.bionic")
    private val loaded: Boolean by lazy {
        for (name in listOf("shimcore", "c", "m", "dl", "log")) System.load(File(folder, "lib$name.so").path)
        true
    }

    fun load() {
        assumeTrue("no stand-ins for Android's libc", folder != null)
        check(loaded)
    }
}
