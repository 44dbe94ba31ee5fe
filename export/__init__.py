"""Freeze, quantise, check, run and measure: all that happens to the finished `.tflite`."""
