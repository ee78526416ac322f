"""Odd pictures and folders, made by code: what people have lying about.

`PICTURES` has a picture's name, its bytes, and `READ` or why it is not read; `folder` writes all of
them, and what else lies in folders, as class folders.
"""

import io
import os
import struct
import zlib

import numpy as np
from PIL import Image

READ = ""
SIDE = 24


def colors(side=SIDE, mode="RGB"):
    """Two colours, one beside the other, far from white and black."""
    pixels = np.full((side, side, 3), (200, 80, 40), np.uint8)
    pixels[:, side // 2 :] = (40, 90, 180)
    return Image.fromarray(pixels).convert(mode)


def encoded(picture, kind, **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def tiff(array, order="<", *, white_is_zero=False):
    """An uncompressed TIFF of numbers `[H, W]` or `[H, W, 3]` of any kind, in either byte order."""
    array = np.ascontiguousarray(array)
    data = array.astype(array.dtype.newbyteorder(order)).tobytes()
    height, width, channels = (*array.shape, 1)[:3]
    bits = [8 * array.dtype.itemsize] * channels
    photometric = 2 if channels == 3 else 0 if white_is_zero else 1
    kind = {"u": 1, "i": 2, "f": 3}[array.dtype.kind]
    entries = [
        (256, 4, [width]), (257, 4, [height]), (258, 3, bits), (259, 3, [1]),
        (262, 3, [photometric]), (273, 4, [0]), (277, 3, [channels]), (278, 4, [height]),
        (279, 4, [len(data)]), (339, 3, [kind] * channels),
    ]  # fmt: skip
    after = 8 + 2 + 12 * len(entries) + 4
    extra = b""
    rows = []
    for tag, field, values in entries:
        packed = struct.pack(order + {3: "H", 4: "I"}[field] * len(values), *values)
        if len(packed) > 4:
            place, extra = after + len(extra), extra + packed
            packed = struct.pack(f"{order}I", place)
        rows.append([tag, field, len(values), packed.ljust(4, b"\0")])
    for row in rows:
        if row[0] == 273:
            row[3] = struct.pack(f"{order}I", after + len(extra))
    head = {"<": b"II", ">": b"MM"}[order] + struct.pack(f"{order}HI", 42, 8)
    table = struct.pack(f"{order}H", len(rows))
    table += b"".join(struct.pack(f"{order}HHI", *row[:3]) + row[3] for row in rows)
    return head + table + struct.pack(f"{order}I", 0) + extra + data


def png_bomb(side=60_000):
    """A PNG of a few hundred bytes that announces this many pixels squared."""

    def chunk(name, data):
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
    return b"\x89PNG\r\n\x1a\n" + header + data + chunk(b"IEND", b"")


def webp_bomb(side=16_000):
    """A lossless WebP header that announces this many pixels squared, and little behind it."""
    bits = (side - 1) | (side - 1) << 14
    body = b"\x2f" + struct.pack("<I", bits) + b"\0" * 20
    chunk = b"VP8L" + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def clear(mode="RGBA"):
    picture = colors().convert("L" if mode == "LA" else "RGB")
    picture.putalpha(0)
    return picture


def oriented(kind):
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(colors(), kind, exif=exif)


def animated(kind):
    frames = [colors(), colors().rotate(90)]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:])


DEEP = np.arange(SIDE * SIDE, dtype=np.uint16).reshape(SIDE, SIDE) * 100
JPEG = encoded(colors(), "JPEG")

PICTURES = {
    "plain.jpg": (JPEG, READ),
    "grey.jpg": (encoded(colors(mode="L"), "JPEG"), READ),
    "print.jpg": (encoded(colors(mode="CMYK"), "JPEG"), READ),
    "progressive.jpg": (encoded(colors(), "JPEG", progressive=True), READ),
    "turned.jpg": (oriented("JPEG"), READ),
    "really-a-jpeg.png": (JPEG, READ),
    "trailing-bytes.jpg": (JPEG + b"\0" * 1000, READ),
    "palette.png": (encoded(colors().quantize(8), "PNG"), READ),
    "one-bit.png": (encoded(colors(mode="1"), "PNG"), READ),
    "sixteen-bits.png": (encoded(Image.fromarray(DEEP), "PNG"), READ),
    "clear.png": (encoded(clear(), "PNG"), READ),
    "clear-grey.png": (encoded(clear("LA"), "PNG"), READ),
    "clear.tif": (encoded(clear(), "TIFF"), READ),
    "dot.png": (encoded(colors(2).crop((0, 0, 1, 1)), "PNG"), READ),
    "dot.jpg": (encoded(colors(2).crop((0, 0, 1, 1)), "JPEG"), READ),
    "line.png": (encoded(colors(2).resize((500, 1)), "PNG"), READ),
    "photo.webp": (encoded(colors(), "WEBP"), READ),
    "moving.webp": (animated("WEBP"), READ),
    "photo.bmp": (encoded(colors(), "BMP"), READ),
    "photo.gif": (encoded(colors(), "GIF"), READ),
    "moving.gif": (animated("GIF"), READ),
    "photo.tif": (encoded(colors(), "TIFF"), READ),
    "turned.tif": (oriented("TIFF"), READ),
    "print.tif": (encoded(colors(mode="CMYK"), "TIFF"), READ),
    "sixteen-little.tif": (tiff(DEEP, "<"), READ),
    "sixteen-big.tif": (tiff(DEEP, ">"), READ),
    "sixteen-white-is-zero.tif": (tiff(DEEP, "<", white_is_zero=True), READ),
    "sixteen-big-white-is-zero.tif": (tiff(DEEP, ">", white_is_zero=True), "a kind of TIFF"),
    "sixteen-colors.tif": (tiff(np.stack([DEEP] * 3, -1), ">"), READ),
    "thirty-two.tif": (tiff(DEEP.astype(np.uint32)), "range nobody knows"),
    "signed.tif": (tiff(DEEP.astype(np.int16), ">"), "range nobody knows"),
    "float.tif": (tiff(DEEP.astype(np.float32)), "range nobody knows"),
    "empty.jpg": (b"", "the file is empty"),
    "text.jpg": (b"no picture at all", "no known picture format"),
    "cut.jpg": (JPEG[: len(JPEG) // 2], "truncated or damaged"),
    "cut.png": (encoded(colors(), "PNG")[:60], "truncated or damaged"),
    "cut.webp": (encoded(colors(), "WEBP")[:60], "damaged"),
    "cut.tif": (encoded(colors(), "TIFF")[:600], "damaged"),
    "phone.heic": (b"\0\0\0\x18ftypheic" + b"\0" * 40, "HEIC or AVIF"),
    "bomb.png": (png_bomb(), "pixels"),
    "bomb.webp": (webp_bomb(), "pixels"),
}  # fmt: skip
GOOD = {name: contents for name, (contents, why) in PICTURES.items() if why == READ}
BAD = {name: contents for name, (contents, why) in PICTURES.items() if why != READ}

# Class names as they come: for plots, spreadsheets, shells and file systems of all kinds.
NAMES = ("$a_1$ and $b", "käse", "猫", "say 'a', \"b\";", "new\nline", "%s {x} \\x", "-rf")
NOT_UTF8 = os.fsdecode(b"caf\xe9")


def folder(root, pictures=None):
    """Class folders with three pictures each, and all that may lie beside and between them.

    Returns the root as text. The classes are `NAMES`, `NOT_UTF8`, "odd" with `pictures` (`GOOD` by
    default), and one name in two Unicode forms.
    """
    root.mkdir(parents=True, exist_ok=True)
    forms = ("re\u0301sume\u0301", "r\u00e9sum\u00e9")
    for number, name in enumerate((*NAMES, NOT_UTF8, *forms)):
        place = os.path.join(os.fspath(root), name)
        os.mkdir(place)
        for i in range(3):
            with open(os.path.join(place, f"{number}-{i}.jpg"), "wb") as file:
                file.write(encoded(colors(SIDE + number + i), "JPEG"))
    (root / "odd").mkdir()
    for name, contents in (GOOD if pictures is None else pictures).items():
        (root / "odd" / name).write_bytes(contents)
    (root / "empty").mkdir()
    (root / ".hidden").mkdir()
    (root / ".hidden/a.jpg").write_bytes(JPEG)
    (root / "odd/nowhere.jpg").symlink_to(root / "not there.jpg")
    (root / "gone").symlink_to(root / "not there", target_is_directory=True)
    os.mkfifo(root / "odd/pipe.jpg")
    (root / "odd/Thumbs.db").write_bytes(b"junk")
    return str(root)
