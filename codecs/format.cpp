#include "codecs/format.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tbbthumbs {
namespace {

using Head = std::string_view;

constexpr bool Contains(std::initializer_list<std::string_view> list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

uint32_t Byte(Head head, size_t at) { return static_cast<unsigned char>(head[at]); }
uint32_t LittleEndian16(Head head, size_t at) { return Byte(head, at) | Byte(head, at + 1) << 8; }
uint32_t LittleEndian32(Head head, size_t at) { return LittleEndian16(head, at) | LittleEndian16(head, at + 2) << 16; }
uint32_t BigEndian32(Head head, size_t at) {
  return Byte(head, at) << 24 | Byte(head, at + 1) << 16 | Byte(head, at + 2) << 8 | Byte(head, at + 3);
}

// Two bytes decide: what should be a marker behind them may be garbage that libjpeg skips, and nothing else begins so.
bool IsJpeg(Head head) { return head.starts_with("\xFF\xD8"); }

bool IsWebp(Head head) { return head.starts_with("RIFF") && head.size() >= 12 && head.substr(8, 4) == "WEBP"; }

// TIFF, BigTIFF, and the camera raw formats that differ from TIFF in the magic number alone (Olympus, Panasonic).
bool IsTiff(Head head) {
  constexpr std::array<std::string_view, 8> kMagics = {std::string_view("II*\0", 4), std::string_view("MM\0*", 4),
                                                       std::string_view("II+\0", 4), std::string_view("MM\0+", 4),
                                                       std::string_view("IIRO", 4),  std::string_view("IIRS", 4),
                                                       std::string_view("MMOR", 4),  std::string_view("IIU\0", 4)};
  return std::any_of(kMagics.begin(), kMagics.end(),
                     [head](std::string_view magic) { return head.starts_with(magic); });
}

// "BM" alone begins many a text: the size of the second header and, in it, the number of planes (1) decide.
bool IsBmp(Head head) {
  if (!head.starts_with("BM") || head.size() < 28) return false;
  const uint32_t header_bytes = LittleEndian32(head, 14);
  if (header_bytes == 12) return LittleEndian16(head, 22) == 1;
  const bool known = (header_bytes >= 16 && header_bytes <= 64) || header_bytes == 108 || header_bytes == 124;
  return known && LittleEndian16(head, 26) == 1;
}

// The first entry of the directory must be plausible, for 00 00 01 00 also begins other things.
bool IsIco(Head head) {
  if (!head.starts_with(std::string_view("\0\0\1\0", 4)) || head.size() < 22) return false;
  const uint32_t entries = LittleEndian16(head, 4);
  const uint32_t planes = LittleEndian16(head, 10);
  const uint32_t bits = LittleEndian16(head, 12);
  const uint32_t bytes = LittleEndian32(head, 14);
  const uint32_t offset = LittleEndian32(head, 18);
  return entries > 0 && Byte(head, 9) == 0 && planes <= 1 && bits <= 32 && bytes > 0 && offset >= 6 + 16 * entries;
}

// A file of boxes (ISO/IEC 14496-12) by its brands. mif1 and msf1 say "pictures, by the compatible brands".
Format SniffBoxes(Head head) {
  constexpr size_t kBrandsAt = 16;
  if (head.size() < 12 || head.substr(4, 4) != "ftyp") return Format::kUnknown;
  const std::string_view major = head.substr(8, 4);
  if (Contains({"avif", "avis"}, major)) return Format::kAvif;
  if (major == "crx ") return Format::kCr3;
  if (Contains({"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"}, major)) return Format::kHeic;
  if (!Contains({"mif1", "mif2", "msf1"}, major)) return Format::kUnknown;
  const size_t end = std::min<size_t>(head.size(), BigEndian32(head, 0));
  for (size_t at = kBrandsAt; at + 4 <= end; at += 4) {
    if (Contains({"avif", "avis"}, head.substr(at, 4))) return Format::kAvif;
  }
  return Format::kHeic;
}

// Drops everything up to and with `end`; false where it is not in `text`.
bool SkipPast(std::string_view& text, std::string_view end) {
  const size_t at = text.find(end);
  if (at == std::string_view::npos) return false;
  text.remove_prefix(at + end.size());
  return true;
}

void SkipSpace(std::string_view& text) { text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size())); }

// The root element of an XML document is svg, perhaps with a namespace prefix. A document type of that name decides
// too: its entities may fill all of the head.
bool IsSvg(Head head) {
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  SkipSpace(head);
  while (head.starts_with("<?") || head.starts_with("<!")) {
    if (head.starts_with("<!DOCTYPE")) {
      head.remove_prefix(9);
      SkipSpace(head);
      return head.starts_with("svg");
    }
    const std::string_view end = head.starts_with("<?") ? "?>" : head.starts_with("<!--") ? "-->" : ">";
    if (!SkipPast(head, end)) return false;
    SkipSpace(head);
  }
  if (!head.starts_with("<")) return false;
  head.remove_prefix(1);
  const std::string_view name = head.substr(0, head.find_first_of(" \t\r\n/>"));
  return name == "svg" || name.ends_with(":svg");
}

}  // namespace

Format SniffFormat(std::span<const std::byte> bytes) {
  const Head head(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kSniffBytes));
  if (IsJpeg(head)) return Format::kJpeg;
  if (head.starts_with("\x89PNG\r\n\x1A\n")) return Format::kPng;
  if (IsWebp(head)) return Format::kWebp;
  if (head.starts_with("GIF87a") || head.starts_with("GIF89a")) return Format::kGif;
  if (IsTiff(head)) return Format::kTiff;
  if (const Format boxes = SniffBoxes(head); boxes != Format::kUnknown) return boxes;
  if (head.starts_with("\xFF\x0A")) return Format::kJxl;
  if (head.starts_with(std::string_view("\0\0\0\x0CJXL \r\n\x87\n", 12))) return Format::kJxl;
  if (head.starts_with(std::string_view("\0\0\0\x0CjP  \r\n\x87\n", 12))) return Format::kJpeg2000;
  if (head.starts_with("\xFF\x4F\xFF\x51")) return Format::kJpeg2000;
  if (head.starts_with("8BPS")) return Format::kPsd;
  if (head.starts_with("\x76\x2F\x31\x01")) return Format::kExr;
  if (head.starts_with("FUJIFILMCCD-RAW")) return Format::kRaf;
  if (IsBmp(head)) return Format::kBmp;
  if (IsIco(head)) return Format::kIco;
  if (IsSvg(head)) return Format::kSvg;
  return Format::kUnknown;
}

std::string_view FormatName(Format format) {
  switch (format) {
    case Format::kUnknown:
      return "no picture";
    case Format::kJpeg:
      return "JPEG";
    case Format::kPng:
      return "PNG";
    case Format::kWebp:
      return "WebP";
    case Format::kGif:
      return "GIF";
    case Format::kTiff:
      return "TIFF";
    case Format::kHeic:
      return "HEIC";
    case Format::kAvif:
      return "AVIF";
    case Format::kJxl:
      return "JPEG XL";
    case Format::kBmp:
      return "BMP";
    case Format::kPsd:
      return "PSD";
    case Format::kJpeg2000:
      return "JPEG 2000";
    case Format::kIco:
      return "ICO";
    case Format::kSvg:
      return "SVG";
    case Format::kExr:
      return "OpenEXR";
    case Format::kCr3:
      return "CR3";
    case Format::kRaf:
      return "RAF";
  }
  return "no picture";
}

}  // namespace tbbthumbs
