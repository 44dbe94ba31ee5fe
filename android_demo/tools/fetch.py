"""Artefacts of Maven Central by pinned version and SHA-256, each fetched once into a cache."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from running import BuildError, run

from pnet_tf import files

LOCK = Path(__file__).with_name("artefacts.txt")
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion>
<groupId>org.pnettf</groupId><artifactId>artefacts</artifactId><version>1</version>
<dependencies>
{dependencies}
</dependencies>
</project>
"""
_DEPENDENCY = """<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId>
<version>{version}</version><type>{packaging}</type>{classifier}
<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>
</dependency>"""


@dataclass(frozen=True)
class Artefact:
    """A line of the lock: its use, its hash and `group:name:version[:packaging[:classifier]]`."""

    use: str
    sha256: str
    group: str
    name: str
    version: str
    packaging: str = "jar"
    classifier: str = ""

    def path(self, cache: Path) -> Path:
        """Where Maven keeps it."""
        tail = f"-{self.classifier}" if self.classifier else ""
        file = f"{self.name}-{self.version}{tail}.{self.packaging}"
        return cache.joinpath("maven", *self.group.split("."), self.name, self.version, file)

    def dependency(self) -> str:
        """Its element of a POM, without what it depends on."""
        tail = f"<classifier>{self.classifier}</classifier>" if self.classifier else ""
        return _DEPENDENCY.format(
            group=self.group, name=self.name, version=self.version, packaging=self.packaging,
            classifier=tail,
        )  # fmt: skip


def cache_folder() -> Path:
    """`android` in the folder that pnet_tf keeps what it fetches in."""
    return files.cache_folder() / "android"


def read_lock(path: Path = LOCK) -> list[Artefact]:
    """The artefacts of a lock file; lines that begin with # are remarks."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    return [Artefact(use, sha256, *name.split(":")) for use, sha256, name in rows]


def fetch(artefacts: Sequence[Artefact], cache: Path) -> None:
    """Bring what is not there yet, and compare every hash; BuildError for another one."""
    missing = [item for item in artefacts if not item.path(cache).is_file()]
    if missing:
        print(f"fetching {len(missing)} artefacts from Maven Central into {cache}", flush=True)
        _resolve(missing, cache)
    for item in artefacts:
        found = hashlib.sha256(item.path(cache).read_bytes()).hexdigest()
        if found != item.sha256:
            raise BuildError(
                f"{item.path(cache)} has SHA-256 {found}, the lock says {item.sha256}; remove it "
                "to fetch it again"
            )


def _resolve(missing: Sequence[Artefact], cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    pom = cache / "pom.xml"
    pom.write_text(_POM.format(dependencies="\n".join(item.dependency() for item in missing)))
    repository = f"-Dmaven.repo.local={cache / 'maven'}"
    run("mvn", "-q", "-B", "-f", pom, repository, "dependency:resolve")
    absent = [item for item in missing if not item.path(cache).is_file()]
    if absent:
        raise BuildError(f"Maven Central did not give {absent[0].path(cache).name}")
