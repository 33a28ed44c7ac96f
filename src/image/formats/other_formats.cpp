// What is found where an image was expected: named in the refusal, with what to do.
#include "image/formats/formats.h"

namespace residual {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kConvert = "convert it to JPEG or PNG";
constexpr std::string_view kRemove = "remove it or give another file";

// 128 bytes of any kind come first.
constexpr std::string_view kDicom =
    "????????????????????????????????????????????????????????????????"
    "????????????????????????????????????????????????????????????????DICM";

constexpr OtherFormat kOthers[] = {
    {"????ftypheic"sv, "a HEIC image", kConvert, true},
    {"????ftypheix"sv, "a HEIC image", kConvert, true},
    {"????ftypheim"sv, "a HEIC image", kConvert, true},
    {"????ftypheis"sv, "a HEIC image", kConvert, true},
    {"????ftyphevc"sv, "a HEIC image", kConvert, true},
    {"????ftyphevx"sv, "a HEIC image", kConvert, true},
    {"????ftypmif1"sv, "a HEIF image (HEIC or AVIF)", kConvert, true},
    {"????ftypmsf1"sv, "a HEIF image (HEIC or AVIF)", kConvert, true},
    {"????ftypavif"sv, "an AVIF image", kConvert, true},
    {"????ftypavis"sv, "an AVIF image", kConvert, true},
    {"\0\0\0\x0CJXL \r\n\x87\n"sv, "a JPEG XL image", kConvert, true},
    {"\xFF\x0A"sv, "a JPEG XL image", kConvert, true},
    {"\0\0\0\x0CjP  \r\n\x87\n"sv, "a JPEG 2000 image", kConvert, true},
    {"\xFF\x4F\xFF\x51"sv, "a JPEG 2000 image", kConvert, true},
    {"\x97JB2\r\n\x1A\n"sv, "a JBIG2 image", kConvert, true},
    {"II\xBC"sv, "a JPEG XR image", kConvert, true},
    {"8BPS"sv, "a Photoshop document", kConvert, true},
    {"gimp xcf"sv, "a GIMP document", kConvert, true},
    {"\0\0\2\0\0\0\0\0"sv, "a TGA image", kConvert, true},
    {"\0\0\3\0\0\0\0\0"sv, "a TGA image", kConvert, true},
    {"\0\0\x0A\0\0\0\0\0"sv, "a TGA image", kConvert, true},
    {"\0\0\x0B\0\0\0\0\0"sv, "a TGA image", kConvert, true},
    {"\0\0\1\0"sv, "an ICO icon", kConvert, true},
    {"\0\0\2\0"sv, "a CUR cursor", kConvert, true},
    {"icns"sv, "an ICNS icon", kConvert, true},
    {"qoif"sv, "a QOI image", kConvert, true},
    {"DDS "sv, "a DDS texture", kConvert, true},
    {"\x76\x2F\x31\x01"sv, "an OpenEXR image", kConvert, true},
    {"#?RADIANCE"sv, "a Radiance HDR image", kConvert, true},
    {"P1\n"sv, "a PBM image", kConvert, true},
    {"P2\n"sv, "a PGM image", kConvert, true},
    {"P3\n"sv, "a PPM image", kConvert, true},
    {"P4\n"sv, "a PBM image", kConvert, true},
    {"P5\n"sv, "a PGM image", kConvert, true},
    {"P6\n"sv, "a PPM image", kConvert, true},
    {"P7\n"sv, "a PAM image", kConvert, true},
    {"PF\n"sv, "a PFM image", kConvert, true},
    {"Pf\n"sv, "a PFM image", kConvert, true},
    {"\x0A?\1\1"sv, "a PCX image", kConvert, true},
    {"\x0A?\1\x08"sv, "a PCX image", kConvert, true},
    {"\x01\xDA\0"sv, "an SGI image", kConvert, true},
    {"\x01\xDA\1"sv, "an SGI image", kConvert, true},
    {"\x59\xA6\x6A\x95"sv, "a Sun raster image", kConvert, true},
    {"FORM????ILBM"sv, "an ILBM image", kConvert, true},
    {"/* XPM */"sv, "an XPM image", kConvert, true},
    {"SIMPLE  ="sv, "a FITS image", kConvert, true},
    {kDicom, "a DICOM image", kConvert, true},
    {"FLIF"sv, "a FLIF image", kConvert, true},
    {"BPG\xFB"sv, "a BPG image", kConvert, true},
    {"<svg"sv, "an SVG drawing", kConvert, true},
    {"%PDF-"sv, "a PDF document", kConvert},
    {"%!PS"sv, "a PostScript document", kConvert},
    {"<?xml"sv, "an XML document, perhaps an SVG drawing", kRemove},
    {"version https://git-lfs"sv, "a git-lfs pointer", "the image itself comes with `git lfs pull`"},
    {"<!DOCTYPE"sv, "a web page", "download the image again"},
    {"<!doctype"sv, "a web page", "download the image again"},
    {"<html"sv, "a web page", "download the image again"},
    {"<HTML"sv, "a web page", "download the image again"},
    {"????ftyp"sv, "a video (MP4 or QuickTime)", "give single images"},
    {"RIFF????AVI "sv, "a video (AVI)", "give single images"},
    {"\x1A\x45\xDF\xA3"sv, "a video (Matroska or WebM)", "give single images"},
    {"PK\3\4"sv, "a zip archive", "unpack it, or give it as a data set"},
    {"\x1F\x8B"sv, "a gzip file", "unpack it"},
    {"\x93NUMPY"sv, "a NumPy array", "save it as a PNG file"},
    {"\x89HDF\r\n\x1A\n"sv, "an HDF5 file", "save its images as PNG files"},
    {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, "a Windows thumbnail cache or an Office document", kRemove},
};

}  // namespace

std::span<const OtherFormat> other_formats() {
  return kOthers;
}

}  // namespace residual
