#!/usr/bin/env python3
"""Makes small images of every kind that is decoded besides JPEG and PNG, and damaged ones, for tests/image/formats_test.cpp.

  make_formats.py SEED FOLDER   each file NAME with NAME.rgb, the bytes of Pillow's convert("RGB"); without it where Pillow refuses the file

tests/data/golden/formats/ is what `make_formats.py 11` makes with Pillow 13.0. Files called damaged_… and deep_… are read with a warning.
"""
import io
import os
import struct
import sys
import zlib

import numpy
from PIL import Image

random = numpy.random.default_rng(int(sys.argv[1]))
folder = sys.argv[2]
os.makedirs(folder, exist_ok=True)


def scene(height, width):
    y, x = numpy.mgrid[0:height, 0:width]
    image = numpy.stack([x * 255 / width, y * 255 / height, 128 + 100 * numpy.sin(x / 3 + y / 5)], 2)
    image[(x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 3) ** 2] = (230, 30, 60)
    return numpy.clip(image + random.normal(0, 8, image.shape), 0, 255).astype(numpy.uint8)


def put(name, data):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(data)
    try:
        with Image.open(path) as image:
            image.load()
            pixels = image.convert("RGB").tobytes()
    except Exception:
        return
    with open(path + ".rgb", "wb") as file:
        file.write(pixels)


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


colour = Image.fromarray(scene(19, 23))
grey = colour.convert("L")
palette = colour.quantize(37)
alpha = colour.convert("RGBA")
alpha.putalpha(Image.fromarray(random.integers(0, 256, (19, 23)).astype(numpy.uint8)))
exif = Image.Exif()
exif[0x0112] = 6


def webp():
    put("lossy.webp", saved(colour, "WEBP", quality=60))
    put("lossless.webp", saved(colour, "WEBP", lossless=True))
    put("alpha_lossy.webp", saved(alpha, "WEBP", quality=60))
    put("alpha_lossless.webp", saved(alpha, "WEBP", lossless=True, exact=True))
    put("turned.webp", saved(colour, "WEBP", exif=exif))
    put("animated.webp", saved(colour, "WEBP", save_all=True, append_images=[colour.rotate(180)], lossless=True))
    put("cut_off.webp", saved(colour, "WEBP", lossless=True)[:-40])


def gif():
    put("palette.gif", saved(palette, "GIF"))
    put("grey.gif", saved(grey, "GIF"))
    put("interlaced.gif", saved(palette, "GIF", interlace=1))
    put("two_colours.gif", saved(colour.convert("1"), "GIF"))
    put("transparent.gif", saved(palette, "GIF", transparency=3))
    put("animated.gif", saved(palette, "GIF", save_all=True, append_images=[palette.rotate(180)]))
    whole = saved(palette, "GIF", interlace=0)
    put("cut_off.gif", whole[:len(whole) // 2])
    put("no_trailer.gif", whole[:-1])
    for name, control in (("small_frame.gif", b""), ("small_frame_transparent.gif", b"!\xf9\x04\x01\x00\x00\x02\x00")):
        # A 4x3 frame at (2,1) of a 9x7 screen: indices 0 1 2 3 0 1 2 3 0 1 2 3, each followed by a clear code, so that codes keep 3 bits.
        codes, bits, at = b"", 0, 0
        for index in [0, 1, 2, 3] * 3:
            for code in (4, index):
                bits |= code << at
                at += 3
        bits |= 5 << at
        codes = bits.to_bytes((at + 10) // 8, "little")
        colours = bytes([200, 10, 10, 10, 200, 10, 10, 10, 200, 90, 80, 70])
        put(name, b"GIF89a" + struct.pack("<HHBBB", 9, 7, 0x81, 1, 0) + colours + control + b"," + struct.pack("<HHHHB", 2, 1, 4, 3, 0) +
            b"\x02" + bytes([len(codes)]) + codes + b"\0;")


def bmp_file(header, bits, height, rows, compression=0, table=b"", masks=b"", size=None):
    width = 23
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        info = struct.pack("<IIiHHIIIIII", header, width, height, 1, bits, compression, len(rows), 0, 0, len(table) // 4, 0)
        info += (masks + b"\0" * header)[:header - 40]
    behind = masks if header == 40 else b""
    offset = 14 + len(info) + len(behind) + len(table)
    return b"BM" + struct.pack("<IHHI", offset + len(rows), 0, 0, offset) + info + behind + table + rows


def padded(row):
    return row + b"\0" * (-len(row) % 4)


def bmp():
    put("colour.bmp", saved(colour, "BMP"))
    put("grey.bmp", saved(grey, "BMP"))
    put("palette.bmp", saved(palette, "BMP"))
    put("two_colours.bmp", saved(colour.convert("1"), "BMP"))
    put("alpha.bmp", saved(alpha, "BMP"))
    whole = saved(colour, "BMP")
    put("cut_off.bmp", whole[:-50])
    array = numpy.asarray(colour)
    from_top = b"".join(padded(row[:, ::-1].tobytes()) for row in array)
    put("from_top.bmp", bmp_file(40, 24, -19, from_top))
    put("os2.bmp", bmp_file(12, 24, 19, b"".join(padded(row[:, ::-1].tobytes()) for row in array[::-1])))
    words = random.integers(0, 65536, (19, 23)).astype("<u2")
    rows = b"".join(padded(row.tobytes()) for row in words)
    put("555.bmp", bmp_file(40, 16, 19, rows))
    put("565.bmp", bmp_file(40, 16, 19, rows, 3, masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F)))
    put("555_masks.bmp", bmp_file(56, 16, 19, rows, 3, masks=struct.pack("<IIII", 0x7C00, 0x3E0, 0x1F, 0)))
    quads = random.integers(0, 256, (19, 23, 4)).astype(numpy.uint8)
    for name, masks in (("rgba", (0xFF, 0xFF00, 0xFF0000, 0xFF000000)), ("bgra", (0xFF0000, 0xFF00, 0xFF, 0xFF000000)),
                        ("xbgr", (0xFF000000, 0xFF0000, 0xFF00, 0))):
        put(f"{name}.bmp", bmp_file(108, 32, 19, quads.tobytes(), 3, masks=struct.pack("<IIII", *masks)))
    table = random.integers(0, 256, 64).astype(numpy.uint8).tobytes()
    nibbles = b"".join(padded(random.integers(0, 256, 12).astype(numpy.uint8).tobytes()) for _ in range(19))
    put("palette_4.bmp", bmp_file(40, 4, 19, nibbles, table=table))
    run = b""
    for y in range(19):
        run += bytes([10, y % 16, 0, 5, 1, 2, 3, 4, 5, 0, 8, 7]) + b"\0\0"  # a run of 10, 5 as they are, a run of 8, the line ends
    put("rle8.bmp", bmp_file(40, 8, 19, run + b"\0\1", 1, table=table))
    run = b""
    for y in range(19):
        run += bytes([10, 0x12 + y, 0, 5, 0x12, 0x34, 0x50, 0, 8, 0x7A]) + b"\0\0"
    put("rle4.bmp", bmp_file(40, 4, 19, run + b"\0\1", 2, table=table))
    put("rle8_move.bmp", bmp_file(40, 8, 19, bytes([5, 3, 0, 2, 4, 2, 6, 2]) + b"\0\2\0\x0f" + b"".join(bytes([23, 1, 0, 0]) for _ in range(2)), 1, table=table))
    put("rle8_short.bmp", bmp_file(40, 8, 19, bytes([23, 1, 0, 1]), 1, table=table))


def tiff():
    for name, image in (("colour", colour), ("grey", grey), ("palette", palette), ("two_colours", colour.convert("1")), ("inks", colour.convert("CMYK")),
                        ("alpha", alpha)):
        for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
            put(f"{name}_{compression}.tif", saved(image, "TIFF", compression=compression))
    put("jpeg.tif", saved(colour, "TIFF", compression="jpeg", quality=90))
    put("group4.tif", saved(colour.convert("1"), "TIFF", compression="group4"))
    put("predictor.tif", saved(colour, "TIFF", compression="tiff_lzw", tiffinfo={317: 2}))
    for turn in range(1, 9):
        put(f"turned_{turn}.tif", saved(colour, "TIFF", tiffinfo={274: turn}))
    put("deep_grey_16.tif", saved(Image.fromarray(random.integers(0, 400, (19, 23)).astype(numpy.uint16)), "TIFF"))
    put("deep_grey_16_lzw.tif", saved(Image.fromarray(random.integers(0, 400, (19, 23)).astype(numpy.uint16)), "TIFF", compression="tiff_lzw"))
    put("deep_grey_32.tif", saved(Image.fromarray(random.integers(-50, 400, (19, 23)).astype(numpy.int32)), "TIFF"))
    put("deep_grey_float.tif", saved(Image.fromarray(random.uniform(-20, 300, (19, 23)).astype(numpy.float32)), "TIFF"))
    put("white_is_zero.tif", saved(grey, "TIFF", tiffinfo={262: 0}))
    put("pages.tif", saved(colour, "TIFF", save_all=True, append_images=[colour.rotate(180)]))
    put("strips.tif", saved(colour, "TIFF", compression="tiff_lzw", strip_size=200))
    put("cut_off.tif", saved(colour, "TIFF", compression="tiff_lzw")[:-700])


def chunk(kind, data, crc=None):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) if crc is None else crc)


def png():
    array = numpy.asarray(colour)
    raw = b"".join(b"\0" + row.tobytes() for row in array)
    header = struct.pack(">IIBBBBB", 23, 19, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    data, end = zlib.compress(raw), chunk(b"IEND", b"")
    put("damaged_no_end.png", start + chunk(b"IDAT", data))
    put("damaged_crc.png", start + chunk(b"IDAT", data, 1) + end)
    put("wrong_adler.png", start + chunk(b"IDAT", data[:-4] + b"\1\2\3\4") + end)
    put("damaged_no_adler.png", start + chunk(b"IDAT", data[:-4]) + end)
    put("damaged_two_parts_crc.png", start + chunk(b"IDAT", data[:300], 2) + chunk(b"IDAT", data[300:], 3) + end)
    put("damaged_cut_in_checksum.png", (start + chunk(b"IDAT", data))[:-6])
    put("cut_off_in_pixels.png", (start + chunk(b"IDAT", data))[:-60])
    wide = numpy.repeat(scene(1, 300), 40, 0)
    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in wide), 9)
    small = bytes([0x18, (31 - (0x18 << 8) % 31) % 31])  # a window of 512 bytes is declared
    put("small_window.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 300, 40, 8, 2, 0, 0, 0)) + chunk(b"IDAT", small + data[2:]) + end)
    pixels = chunk(b"IDAT", zlib.compress(raw))
    put("damaged_text_crc.png", start + pixels + chunk(b"tEXt", b"a\0b", 5) + end)
    put("header_crc.png", start[:8] + chunk(b"IHDR", header, 7) + pixels + end)
    put("grey_16_dark.png", saved(Image.fromarray(random.integers(0, 256, (5, 7)).astype(numpy.uint16)), "PNG"))
    put("deep_grey_16_light.png", saved(Image.fromarray(random.integers(0, 65536, (5, 7)).astype(numpy.uint16)), "PNG"))


def jpeg():
    whole = saved(Image.fromarray(scene(48, 64)), "JPEG", quality=85)
    scan = whole.index(b"\xff\xda")
    middle = (scan + len(whole)) // 2
    put("damaged_short_scan.jpg", whole[:middle] + b"\xff\xd9")
    put("perhaps_missing_bytes.jpg", whole[:middle] + whole[middle + 5:])
    put("damaged_stray_marker.jpg", whole[:middle] + b"\xff\xd3" + whole[middle:])
    put("damaged_bytes_between_segments.jpg", whole[:2] + whole[2:20] + b"\x12\x34\x56" + whole[20:])
    put("perhaps_bits.jpg", whole[:middle] + b"\x55\xaa\x55" + whole[middle + 3:])
    put("cut_off.jpg", whole[:middle])
    progressive = saved(Image.fromarray(scene(48, 64)), "JPEG", quality=85, progressive=True)
    last = progressive.rindex(b"\xff\xda")
    put("damaged_progressive.jpg", progressive[:last + 40] + b"\xff\xd9")
    restarts = saved(Image.fromarray(scene(48, 64)), "JPEG", quality=85, restart_marker_rows=1)
    at = restarts.index(b"\xff\xd1")
    put("damaged_no_restart.jpg", restarts[:at] + restarts[at + 2:])
    put("damaged_other_restart.jpg", restarts[:at] + b"\xff\xd4" + restarts[at + 2:])
    put("trailer.jpg", whole + b"some bytes behind the end")


for make in (webp, gif, bmp, tiff, png, jpeg):
    make()
