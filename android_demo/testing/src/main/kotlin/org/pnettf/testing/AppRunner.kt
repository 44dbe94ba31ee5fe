package org.pnettf.testing

import org.junit.runners.model.FrameworkMethod
import org.robolectric.RobolectricTestRunner
import org.robolectric.internal.bytecode.InstrumentationConfiguration

/**
 * Robolectric with the runtime's classes outside of its sandboxes: a native library belongs to one class
 * loader of a process.
 */
class AppRunner(
    testClass: Class<*>,
) : RobolectricTestRunner(testClass) {
    override fun createClassLoaderConfig(method: FrameworkMethod): InstrumentationConfiguration =
        InstrumentationConfiguration
            .Builder(super.createClassLoaderConfig(method))
            .doNotAcquirePackage("org.tensorflow.lite.")
            .doNotAcquireClass("org.pnettf.testing.Bionic")
            .build()
}
