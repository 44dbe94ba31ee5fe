"""The small models of the tests of `tflite`, to pack and to put into apps."""

from tests.tflite.conftest import (  # noqa: F401
    converted,
    dense_path,
    image_path,
    text_model,
    text_path,
)
