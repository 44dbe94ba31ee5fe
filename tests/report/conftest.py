"""Stand-ins for what npm brings."""

from dataclasses import replace
from hashlib import sha256

import pytest

from pnet_tf.page.packages import package_folder
from pnet_tf.report import make
from tests.page.conftest import packed, stand_in

__all__ = ["stand_in"]


@pytest.fixture
def packages(stand_in, monkeypatch):
    """LiteRT.js and Chart.js in a cache of the test's own, with files that do nothing."""
    content = packed({"dist/chart.umd.min.js": "var Chart = 1;\n//# sourceMappingURL=x.map\n"})
    package = replace(make.CHART, sha256=sha256(content).hexdigest())
    monkeypatch.setattr(make, "CHART", package)
    (package_folder() / package.file_name).write_bytes(content)
    return package
