"""Packages, dependencies and the console script; every version range stands here and only here."""

import runpy
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
README = ROOT / "README.md"
VERSION = runpy.run_path(str(ROOT / "pnet_tf" / "version.py"))["__version__"]

RUNTIME = [
    "ai-edge-litert>=2.3,<3",
    "click>=8.1.7,<9",
    "flatbuffers>=25.9.23",
    "msgspec>=0.20,<1",
    "numpy>=1.26,<3",
    "pillow>=10.3",
    "rich>=13.7",
]
PLOT = ["matplotlib>=3.9,<4"]
TRAIN = [
    *PLOT,
    "ai-edge-quantizer>=0.10,<0.11",
    "scikit-learn>=1.5,<2",
    "scipy>=1.11",
    # TFMOT imports distutils, which Python 3.12 has only through setuptools.
    "setuptools>=77",
    # tf.summary writes its events through it, and TensorFlow no longer asks for it.
    "tensorboard>=2.19,<3",
    "tensorflow>=2.21,<2.22",
    "tensorflow-model-optimization>=0.8.1,<0.9",
    "tf_keras>=2.21,<2.22",
]
# A frozen sentence encoder as trainer: its network and its tokenizer.
ENCODER = ["onnxruntime>=1.20,<2", "tokenizers>=0.20,<1"]
# Products on coded weights, and the codes themselves.
COMPRESS = ["numba>=0.61"]
# Studies of networks: storage, workers, searchers to compare with.
SYNTHESIS = ["optuna>=4.2,<5"]
DOCS = ["mkdocs-material>=9.6,<10", "mkdocstrings-python>=1.16,<3"]
TEST = [
    *TRAIN,
    *DOCS,
    *ENCODER,
    *COMPRESS,
    *SYNTHESIS,
    "build>=1.2",
    "hypothesis>=6.100",
    "mypy>=1.15",
    "pytest>=8.2",
    "pytest-xdist>=3.6",
    "ruff>=0.12",
]
# Java 17 or later comes from elsewhere; pandas and pyarrow are what PySpark wants for functions in
# Python, and does not ask for itself.
SPARK = [*TRAIN, "pandas>=2.2,<3", "pyarrow>=15", "pyspark>=4.0,<4.1"]
BENCHMARK = [
    "brotli>=1.1",
    "fasttext-numpy2>=0.10.4",
    "scikit-learn>=1.5,<2",
    "zstandard>=0.23",
]

setup(
    name="pnet-tf",
    version=VERSION,
    description="Projection networks: labelled data in, one tiny stock-runtime .tflite out",
    long_description=README.read_text(encoding="utf-8") if README.exists() else "",
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.10",
    packages=find_packages(include=["pnet_tf", "pnet_tf.*"]),  # through the link pnet_tf/export too
    package_data={
        "pnet_tf": ["py.typed", "recipes/*.json"],
        "pnet_tf.data": ["samples/**/*"],
        "pnet_tf.packing": ["dictionary.bin"],
        "pnet_tf.page": ["web/*"],
        "pnet_tf.smart_reply": ["banned_words.txt", "polarity.txt"],
    },
    install_requires=RUNTIME,
    extras_require={
        "runtime": [], "plot": PLOT, "train": TRAIN, "docs": DOCS, "test": TEST,
        "benchmark": BENCHMARK, "spark": SPARK, "encoder": ENCODER,
        "compress": COMPRESS, "synthesis": SYNTHESIS,
    },  # fmt: skip
    entry_points={"console_scripts": ["pnet-tf=pnet_tf.cli:main"]},
)
