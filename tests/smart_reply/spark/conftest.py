"""A local session of Spark, or a skip that says what is missing."""

import os
import shutil
import sys

import pytest


@pytest.fixture(scope="session")
def session():
    pytest.importorskip("pyspark", reason="PySpark is not installed; run `make spark`")
    pytest.importorskip("pyarrow", reason="PyArrow is not installed; run `make spark`")
    if not shutil.which("java"):
        pytest.skip("there is no Java; install version 17 or later")
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    options = {
        "spark.ui.enabled": False,
        "spark.ui.showConsoleProgress": False,
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": 2,
        # tables are small: these would cost more than they save
        "spark.sql.adaptive.enabled": False,
        "spark.sql.codegen.wholeStage": False,
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.files.maxPartitionBytes": 32768,  # so that they are split all the same
        "spark.sql.execution.arrow.maxRecordsPerBatch": 100,
    }
    builder = SparkSession.builder.master("local[2]").appName("tests")
    for name, value in options.items():
        builder = builder.config(name, value)
    found = builder.getOrCreate()
    found.sparkContext.setLogLevel("ERROR")
    yield found
    found.stop()
