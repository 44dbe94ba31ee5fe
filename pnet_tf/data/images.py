"""Image folders, `train/<class>/<file>`, as they lie on disk or in an archive."""

import io
import os
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from . import limits
from .archives import ARCHIVE_ENDINGS, Member, archive_members, folder_members
from .formats import Format, files_ending_in
from .labels import label_problem
from .limits import reading, shown
from .types import SPLIT_OF, Part, Source, object_array

if TYPE_CHECKING:
    from PIL.Image import Image

IMAGE_ENDINGS = (".png", ".jpg", ".jpeg")
_CHANNELS = {"1": 1, "L": 1, "RGB": 3}
_BATCH = 512
_BATCH_BYTES = 256 << 20
_PNG_TAIL_BYTES = 4096
_LAYOUT = "train/<class>/<file>, also valid/ and test/, inside one top folder or none"


@dataclass
class _Collected:
    """Images so far; `names` are (split, class, file)."""

    title: str
    wanted: Collection[str]
    folders: dict[str, str] = field(default_factory=dict)
    top: str | None = None
    names: list[tuple[str, str, str]] = field(default_factory=list)
    pixels: list[np.ndarray] = field(default_factory=list)

    def batch_size(self) -> int:
        """Images to decode at once: the first alone, since it tells the size of the others."""
        return min(_BATCH, _BATCH_BYTES // self.pixels[0].size + 1) if self.pixels else 1


def is_image_folder(folder: Path) -> bool:
    """Whether `folder` holds a folder that is named as a split."""
    return folder.is_dir() and bool(_tops(folder))


def read_image_folder(folder: Path, wanted: Collection[str], task: str | None) -> Source:
    """An image folder; classes are the folder names, images are sorted by name."""
    return _read_images(folder_members(folder, _tops(folder)), str(folder), wanted)


def read_image_archive(path: Path, wanted: Collection[str], task: str | None) -> Source:
    """An image folder in a .zip, .tar, .tar.gz or .tgz, perhaps inside one top folder."""
    return _read_images(archive_members(path), str(path), wanted)


def image_files(folder: Path) -> list[Path]:
    """All .png and .jpg of a folder and the folders below it, sorted; hidden ones are left out.

    Raises InputError for none.
    """
    with reading(folder):
        found = sorted(
            path for path in folder.rglob("*")
            if path.name.lower().endswith(IMAGE_ENDINGS)
            and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        )  # fmt: skip
    if not found:
        raise InputError(f"{folder}: no image found; needed: .png or .jpg")
    return found


def read_images(folder: Path) -> np.ndarray:
    """The images of `image_files`, uint8 [N, H, W, C]; raises InputError for different sizes."""
    pixels: list[np.ndarray] = []
    for path in image_files(folder):
        data = limits.read_plain(path, limits.MAX_MEMBER_BYTES)
        pixels.append(decode_image(data, str(path), pixels[0] if pixels else None))
        if len(pixels) * pixels[0].size > limits.MAX_TOTAL_BYTES:
            raise InputError(
                f"{folder}: more pixels than the {limits.MAX_TOTAL_BYTES} bytes allowed"
            )
    return np.stack(pixels)


def read_image(path: str | os.PathLike[str]) -> np.ndarray:
    """One .png or .jpg as uint8 [H, W, C], C = 1 for grey and 3 for RGB; InputError otherwise."""
    file = Path(path)
    return decode_image(limits.read_plain(file, limits.MAX_MEMBER_BYTES), str(file))


def decode_image(data: bytes, name: str, like: np.ndarray | None = None) -> np.ndarray:
    """Bytes of a PNG or JPEG as uint8 [H, W, C].

    InputError for damage, another mode, or another shape than that of `like`, which is looked at
    before any pixel is decoded.
    """
    with reading(name), _open_image(data, name) as image:
        shape = _checked_shape(image, name, like)
        if image.format == "PNG" and b"IEND" not in data[-_PNG_TAIL_BYTES:]:
            raise InputError(f"{name}: the image is truncated; needed: a whole PNG")
        grey = image.convert("L") if image.mode == "1" else image
        return np.array(grey, dtype=np.uint8).reshape(shape)


def _open_image(data: bytes, name: str) -> "Image":
    """The image, its header read; Pillow is imported here, so that text needs no Pillow."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise InputError(f"{name}: reading images needs Pillow: pip install pillow") from None
    try:
        return Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
    except UnidentifiedImageError:
        raise InputError(f"{name}: not an image or a damaged one; allowed: PNG, JPEG") from None


def _checked_shape(image: "Image", name: str, like: np.ndarray | None) -> tuple[int, int, int]:
    """(H, W, C) by the header; InputError for a mode or a size that is not allowed."""
    if image.mode not in _CHANNELS:
        raise InputError(f"{name}: image mode {image.mode}; allowed: 1, L (grey) and RGB")
    if image.width * image.height > limits.MAX_PIXELS:
        raise InputError(
            f"{name}: {image.width} x {image.height} pixels; allowed: {limits.MAX_PIXELS} or fewer"
        )
    shape = (image.height, image.width, _CHANNELS[image.mode])
    if like is not None and like.shape != shape:
        raise InputError(
            f"{name}: the image is {_size(shape)}; allowed: {_size(like.shape)} like the first"
        )
    return shape


def _tops(folder: Path) -> list[str]:
    return [e.name for e in sorted(folder.iterdir()) if e.name.lower() in SPLIT_OF and e.is_dir()]


def _read_images(members: Iterable[Member], title: str, wanted: Collection[str]) -> Source:
    collected = _Collected(title, wanted)
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for batch in _batches(_placed(members, collected), collected):
            names = [f"{title}: {'/'.join(place)}" for place, _ in batch]
            like = collected.pixels[0] if collected.pixels else None
            decoded = pool.map(
                decode_image, [data for _, data in batch], names, [like] * len(batch)
            )
            for (place, _), pixels in zip(batch, decoded, strict=True):
                _add(collected, place, pixels)
    if not collected.folders:
        raise InputError(f"{title}: no image found; needed: {_LAYOUT}, .png or .jpg")
    return Source("image", "classification", _parts(collected))


def _placed(
    members: Iterable[Member], collected: _Collected
) -> Iterator[tuple[tuple[str, str, str], bytes]]:
    """((split, class, file), bytes) of the images of the wanted splits."""
    for member in members:
        place = _place(member.name, collected)
        if place and place[0] in collected.wanted:
            yield place, member.read()


def _place(name: str, collected: _Collected) -> tuple[str, str, str] | None:
    """(split, class, file), or None for what is no image; hidden files and folders are none."""
    parts = name.split("/")
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    if hidden or not name.lower().endswith(IMAGE_ENDINGS):
        return None
    top = parts.pop(0) if len(parts) == 4 else ""
    split = SPLIT_OF.get(parts[0].lower()) if len(parts) == 3 else None
    if split is None or collected.top not in (None, top):
        raise InputError(f"{collected.title}: found {shown(name)}; allowed: {_LAYOUT}")
    collected.top = top
    if collected.folders.setdefault(split, parts[0]) != parts[0]:
        both = f"{collected.folders[split]} and {parts[0]}"
        raise InputError(f"{collected.title}: both {both} hold {split}; allowed: one of them")
    _check_name(name, collected.title)
    return split, parts[1], parts[2]


def _batches(
    images: Iterable[tuple[tuple[str, str, str], bytes]], collected: _Collected
) -> Iterator[list[tuple[tuple[str, str, str], bytes]]]:
    """Lists bounded in bytes before and after decoding, so that neither pile up."""
    batch: list[tuple[tuple[str, str, str], bytes]] = []
    size = 0
    for place, data in images:
        batch.append((place, data))
        size += len(data)
        if len(batch) >= collected.batch_size() or size >= limits.MAX_MEMBER_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _check_name(name: str, title: str) -> None:
    """A class is a label, and the name of a file goes into messages."""
    if any(map(label_problem, name.split("/"))):
        raise InputError(f"{title}: the name {shown(name)}; allowed: printable UTF-8 text")


def _add(collected: _Collected, place: tuple[str, str, str], pixels: np.ndarray) -> None:
    if (len(collected.pixels) + 1) * pixels.size > limits.MAX_TOTAL_BYTES:
        raise InputError(
            f"{collected.title}: more pixels than the {limits.MAX_TOTAL_BYTES} bytes allowed"
        )
    collected.names.append(place)
    collected.pixels.append(pixels)


def _size(shape: tuple[int, ...]) -> str:
    height, width, channels = shape
    return f"{width} x {height} {'grey' if channels == 1 else 'RGB'}"


def _parts(collected: _Collected) -> dict[str, Part]:
    names = collected.names
    parts = {}
    for split in collected.folders:
        chosen = sorted((i for i, n in enumerate(names) if n[0] == split), key=names.__getitem__)
        if chosen:
            pixels = np.stack([collected.pixels[i] for i in chosen])
            parts[split] = Part(pixels, object_array([names[i][1] for i in chosen]))
    return parts


IMAGE_FOLDER = Format(
    "image folder",
    "a folder train/<class>/*.png|jpg, also valid/ and test/",
    is_image_folder,
    read_image_folder,
)
IMAGE_ARCHIVE = Format(
    "image archive",
    f"an image folder as one file {', '.join(ARCHIVE_ENDINGS)}",
    files_ending_in(ARCHIVE_ENDINGS),
    read_image_archive,
    ARCHIVE_ENDINGS,
)
