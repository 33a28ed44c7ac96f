#!/usr/bin/env python3
"""Makes golden/: images of every kind that is decoded, what Pillow makes of them, and what Pillow and PyTorch make of resizing one.

  make_golden.py

NAME.jpg, NAME.png   an image
NAME.rgb, NAME.grey  its pixels by Pillow's convert("RGB") and convert("L"), H,W,C bytes
resize_FILTER_WxH.rgb, resize_FILTER_WxH.grey   Pillow's resize of colour.png, of its grey version
torch_WxH.f32, torch_sharp_WxH.f32              PyTorch's interpolate, bilinear, antialiased and not, of colour.png divided by 255 and
                                                normalised with mean .4 .5 .6, std .2 .25 .3; C,H,W float32
Needs numpy, Pillow and PyTorch; made with Pillow 13.0 and PyTorch 2.13.
"""
import os
import struct
import zlib

import numpy
import torch
import torch.nn.functional as F
from PIL import Image

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
os.makedirs(folder, exist_ok=True)
random = numpy.random.default_rng(7)


def scene(height, width):
    """A smooth ramp with edges and some noise, so that filters and chroma upsampling have something to do."""
    y, x = numpy.mgrid[0:height, 0:width]
    image = numpy.stack([x * 255 / width, y * 255 / height, 128 + 100 * numpy.sin(x / 3 + y / 5)], 2)
    image[(x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 3) ** 2] = (230, 30, 60)
    image[height // 4: height // 3, :, :] = (10, 240, 20)
    return numpy.clip(image + random.normal(0, 8, image.shape), 0, 255).astype(numpy.uint8)


def path(name):
    return os.path.join(folder, name)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write_png(name, samples, depth, colour, palette=None, transparency=None, interlaced=False):
    """samples: H,W,channels of values below 2 ** depth."""
    height, width, channels = samples.shape

    def packed(rows):
        result = b""
        for row in rows:
            if depth == 16:
                data = row.astype(">u2").tobytes()
            elif depth == 8:
                data = row.astype("u1").tobytes()
            else:
                bits = "".join(format(int(v), f"0{depth}b") for v in row.reshape(-1))
                bits += "0" * (-len(bits) % 8)
                data = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
            result += b"\0" + data
        return result

    if interlaced:
        data = b""
        for top, left, down, across in ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)):
            part = samples[top::down, left::across]
            if part.size:
                data += packed(part)
    else:
        data = packed(samples)
    with open(path(name), "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))))
        if palette is not None:
            file.write(chunk(b"PLTE", palette.astype("u1").tobytes()))
        if transparency is not None:
            file.write(chunk(b"tRNS", transparency))
        file.write(chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))


colour = scene(29, 37)
image = Image.fromarray(colour)
image.save(path("jpeg_420.jpg"), quality=80, subsampling=2)
image.save(path("jpeg_422.jpg"), quality=80, subsampling=1)
image.save(path("jpeg_444.jpg"), quality=95, subsampling=0)
image.save(path("jpeg_progressive.jpg"), quality=85, progressive=True)
image.convert("L").save(path("jpeg_grey.jpg"), quality=85)
image.convert("CMYK").save(path("jpeg_cmyk.jpg"), quality=90)
Image.fromarray(colour[:1, :1]).save(path("jpeg_one_pixel.jpg"))

write_png("colour.png", colour, 8, 2)
write_png("colour_interlaced.png", colour, 8, 2, interlaced=True)
write_png("colour_16.png", random.integers(0, 65536, (5, 9, 3)), 16, 2)
write_png("colour_alpha.png", numpy.concatenate([colour[:9, :11], random.integers(0, 256, (9, 11, 1))], 2), 8, 6)
write_png("colour_alpha_16.png", random.integers(0, 65536, (5, 9, 4)), 16, 6)
write_png("colour_transparent.png", colour[:5, :7], 8, 2, transparency=struct.pack(">HHH", *[int(v) for v in colour[2, 3]]))
for depth in (1, 2, 4, 8):
    write_png(f"grey_{depth}.png", random.integers(0, 2 ** depth, (7, 13, 1)), depth, 0)
    palette = random.integers(0, 256, (2 ** depth, 3))
    write_png(f"palette_{depth}.png", random.integers(0, 2 ** depth, (7, 13, 1)), depth, 3, palette,
              transparency=bytes([0, 128]) if depth == 8 else None)
write_png("grey_2_interlaced.png", random.integers(0, 4, (13, 11, 1)), 2, 0, interlaced=True)
write_png("grey_16.png", numpy.concatenate([random.integers(0, 65536, (5, 9, 1)), random.integers(0, 300, (5, 9, 1))]), 16, 0)
write_png("grey_alpha.png", random.integers(0, 256, (5, 9, 2)), 8, 4)
write_png("grey_alpha_16.png", random.integers(0, 65536, (5, 9, 2)), 16, 4)
write_png("one_pixel.png", colour[:1, :1], 8, 2)

# What only few programs write: palettes and greys with a transparent colour, interlaced ones, and JPEGs that are neither grey nor YCbCr.
for depth in (1, 2, 4):
    write_png(f"palette_{depth}_transparent.png", random.integers(0, 2 ** depth, (7, 13, 1)), depth, 3, random.integers(0, 256, (2 ** depth, 3)),
              transparency=bytes([200, 0]))
write_png("palette_8_interlaced.png", random.integers(0, 256, (11, 13, 1)), 8, 3, random.integers(0, 256, (256, 3)), interlaced=True)
write_png("grey_8_transparent.png", random.integers(0, 4, (7, 13, 1)), 8, 0, transparency=struct.pack(">H", 2))
write_png("grey_1_interlaced.png", random.integers(0, 2, (9, 17, 1)), 1, 0, interlaced=True)
write_png("grey_16_interlaced.png", random.integers(0, 300, (9, 17, 1)), 16, 0, interlaced=True)
write_png("colour_16_interlaced.png", random.integers(0, 65536, (9, 5, 3)), 16, 2, interlaced=True)
write_png("colour_16_transparent.png", random.integers(0, 65536, (3, 5, 3)), 16, 2, transparency=struct.pack(">HHH", 1, 2, 3))
image.save(path("jpeg_rgb.jpg"), quality=85, keep_rgb=True)
image.save(path("jpeg_restarts.jpg"), quality=85, restart_marker_blocks=2)
image.convert("L").save(path("jpeg_grey_progressive.jpg"), quality=85, progressive=True)
with open(path("jpeg_cmyk.jpg"), "rb") as file:
    cmyk = file.read()
adobe = cmyk.index(b"\xff\xee\x00\x0eAdobe")  # a segment of 16 bytes; its last says what the four components are
with open(path("jpeg_ycck.jpg"), "wb") as file:
    file.write(cmyk[:adobe + 15] + b"\x02" + cmyk[adobe + 16:])
with open(path("jpeg_cmyk_unmarked.jpg"), "wb") as file:
    file.write(cmyk[:adobe] + cmyk[adobe + 16:])

for name in sorted(os.listdir(folder)):
    if name.endswith((".jpg", ".png")):
        for mode, ending in (("RGB", "rgb"), ("L", "grey")):
            with open(path(name.rsplit(".", 1)[0] + "." + ending), "wb") as file:
                file.write(Image.open(path(name)).convert(mode).tobytes())

filters = {"nearest": Image.Resampling.NEAREST, "box": Image.Resampling.BOX, "bilinear": Image.Resampling.BILINEAR,
           "bicubic": Image.Resampling.BICUBIC, "lanczos": Image.Resampling.LANCZOS}
for name, kind in filters.items():
    for width, height in ((16, 16), (37, 11), (9, 29), (53, 41), (1, 1)):
        for mode, ending in (("RGB", "rgb"), ("L", "grey")):
            with open(path(f"resize_{name}_{width}x{height}.{ending}"), "wb") as file:
                file.write(image.convert(mode).resize((width, height), kind).tobytes())

x = torch.from_numpy(colour).float() / 255
x = ((x - torch.tensor([.4, .5, .6])) / torch.tensor([.2, .25, .3])).permute(2, 0, 1)[None]
for width, height in ((16, 16), (53, 41), (20, 40)):
    for sharp in (False, True):
        made = F.interpolate(x, (height, width), mode="bilinear", align_corners=False, antialias=not sharp)
        made.numpy().astype("<f4").tofile(path(f"torch_{'sharp_' if sharp else ''}{width}x{height}.f32"))
