import org.jetbrains.kotlin.gradle.dsl.JvmTarget

plugins {
    alias(libs.plugins.kotlin.jvm)
}

java {
    sourceCompatibility = JavaVersion.VERSION_1_8
    targetCompatibility = JavaVersion.VERSION_1_8
}

kotlin {
    compilerOptions {
        jvmTarget.set(JvmTarget.JVM_1_8)
    }
}

// What a packed model is unpacked with: the project has it once.
tasks.processResources {
    from("../../pnet_tf/packing") {
        include("dictionary.bin")
        into("org/pnettf/core")
    }
}

dependencies {
    testImplementation(libs.junit)
    testImplementation(project(":testing"))
}
