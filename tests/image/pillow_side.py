#!/usr/bin/env python3
"""What Pillow makes of random images, for tests/image/pillow_test.cpp.

  pillow_side.py resize SEED OUT     2,000 resizes, one a line: filter, channels, image, its width and height, the new ones, and the CRC-32 of
                                     the result's bytes. golden/resizes.txt is `resize 0` with Pillow 13.0
  pillow_side.py decode SEED FOLDER  200 JPEG and PNG files of all modes, each NAME with NAME.rgb, the bytes of its convert("RGB")
  pillow_side.py photos FOLDER OUT   of every file in FOLDER, a line: CRC-32 of convert("RGB"), of that with its shorter side resized to 256
                                     (bilinear) as torchvision's Resize(256), and the name
"""
import os
import sys
import zlib

import numpy
from PIL import Image


def image(kind, channels, width, height):
    """Noise, ramps and checks that pillow_test.cpp draws alike: whole numbers only."""
    y, x, c = numpy.meshgrid(numpy.arange(height, dtype=numpy.uint64), numpy.arange(width, dtype=numpy.uint64),
                             numpy.arange(channels, dtype=numpy.uint64), indexing="ij")
    if kind % 4 == 0:
        spread = ((y * numpy.uint64(width) + x) * numpy.uint64(channels) + c + numpy.uint64(kind * 7919)) * numpy.uint64(2654435761) % numpy.uint64(2 ** 32)
        values = spread >> numpy.uint64(13)
    elif kind % 4 == 1:
        values = x * numpy.uint64(1 + kind % 5) + y * numpy.uint64(2 + kind % 3) + c * numpy.uint64(40)
    elif kind % 4 == 2:
        values = ((x // numpy.uint64(3) + y // numpy.uint64(2) + c) % numpy.uint64(2)) * numpy.uint64(255)
    else:
        values = (x * numpy.uint64(255) // numpy.uint64(width) + y * numpy.uint64(255) // numpy.uint64(height)) // numpy.uint64(2)
    values = (values % numpy.uint64(256)).astype(numpy.uint8)
    return Image.fromarray(values if channels == 3 else values[:, :, 0])


def resizes(seed, out):
    random = numpy.random.default_rng(seed)
    filters = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}

    def side():
        return int(random.choice([random.integers(1, 12), random.integers(1, 120), random.integers(1, 120), random.integers(100, 400)]))

    with open(out, "w") as file:
        for i in range(2000):
            name = ("bilinear", "bicubic")[i % 2]
            channels, kind = int(random.choice([1, 3])), int(random.integers(0, 1000))
            width, height, new_width, new_height = side(), side(), side(), side()
            made = image(kind, channels, width, height).resize((new_width, new_height), filters[name])
            file.write(f"{name} {channels} {kind} {width} {height} {new_width} {new_height} {zlib.crc32(made.tobytes()):08x}\n")


def decodes(seed, folder):
    random = numpy.random.default_rng(seed)
    for i in range(200):
        width, height = int(random.integers(1, 70)), int(random.integers(1, 70))
        colour = image(int(random.integers(0, 1000)), 3, width, height)
        mode = ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"][i % 8]
        made, save = colour, {}
        if mode == "P":
            made = colour.quantize(int(random.integers(2, 257)))
            save = {"transparency": 0} if random.integers(2) else {}
        elif mode == "I;16":
            made = Image.fromarray(random.integers(0, 400, (height, width)).astype(numpy.uint16))
        elif mode in ("LA", "RGBA"):
            made = colour.convert(mode)
            made.putalpha(Image.fromarray(random.integers(0, 256, (height, width)).astype(numpy.uint8)))
        else:
            made = colour.convert(mode)
        as_jpeg = mode == "CMYK" or (mode in ("L", "RGB") and random.integers(2))
        name = os.path.join(folder, f"{i:03}-{mode.replace(';', '')}.{'jpg' if as_jpeg else 'png'}")
        if as_jpeg:
            save = {"quality": int(random.integers(1, 101)), "progressive": bool(random.integers(2)), "optimize": bool(random.integers(2))}
            if mode == "RGB":
                save |= {"keep_rgb": True} if random.integers(4) == 0 else {"subsampling": int(random.integers(0, 3))}
        made.save(name, **save)
        with open(name + ".rgb", "wb") as file:
            file.write(Image.open(name).convert("RGB").tobytes())


def photos(folder, out):
    with open(out, "w") as file:
        for name in sorted(os.listdir(folder)):
            made = Image.open(os.path.join(folder, name)).convert("RGB")
            width, height = made.size
            shorter, longer = min(width, height), max(width, height)
            other = int(256 * longer / shorter)
            resized = made.resize((256, other) if width <= height else (other, 256), Image.Resampling.BILINEAR)
            file.write(f"{zlib.crc32(made.tobytes()):08x} {zlib.crc32(resized.tobytes()):08x} {name}\n")


if __name__ == "__main__":
    command, first, second = sys.argv[1:]
    if command == "resize":
        resizes(int(first), second)
    elif command == "decode":
        decodes(int(first), second)
    elif command == "photos":
        photos(first, second)
    else:
        sys.exit(__doc__)
