import org.jetbrains.kotlin.gradle.dsl.JvmTarget

plugins {
    alias(libs.plugins.android.library)
    alias(libs.plugins.kotlin.android)
}

android {
    namespace = "org.pnettf.runtime"
    compileSdk = libs.versions.compileSdk
        .get()
        .toInt()

    defaultConfig {
        minSdk = libs.versions.minSdk
            .get()
            .toInt()
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_1_8
        targetCompatibility = JavaVersion.VERSION_1_8
    }
}

kotlin {
    compilerOptions {
        jvmTarget.set(JvmTarget.JVM_1_8)
    }
}

dependencies {
    api(project(":core"))
    implementation(libs.tensorflow.lite)
    implementation(libs.tensorflow.lite.api)
    testImplementation(libs.junit)
    testImplementation(project(":testing"))
}
