"""The steps of a building on Apache Spark: tables too large for one machine."""
