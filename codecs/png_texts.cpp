#include "codecs/png_texts.h"

#include <zlib.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/png_chunk_walk.h"

namespace tbbthumbs {
namespace {

constexpr uint64_t kSignatureBytes = 8;
constexpr int kMostTexts = 64;
// The largest packet and what stands before it.
constexpr uint32_t kMostChunkBytes = kMaxXmpBytes + 1024;
constexpr size_t kMostTextBytes = 1000;

std::string FromLatin1(std::string_view text) {
  std::string utf8;
  for (const char c : text.substr(0, kMostTextBytes / 2)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) utf8 += static_cast<char>(0xC0 | byte >> 6);
    utf8 += byte >= 0x80 ? static_cast<char>(0x80 | (byte & 0x3F)) : c;
  }
  return utf8;
}

// Takes what stands before the next NUL off the front of `data`, and the NUL. False where there is none.
bool TakeText(std::string_view& data, std::string_view& text) {
  const size_t end = data.find('\0');
  if (end == std::string_view::npos) return false;
  text = data.substr(0, end);
  data.remove_prefix(end + 1);
  return true;
}

std::vector<std::byte> Bytes(std::string_view text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

// Empty where it is damaged or too large.
std::vector<std::byte> InflatePacket(std::string_view data) {
  std::vector<std::byte> packet(kMaxXmpBytes);
  uLongf bytes = packet.size();
  const int result = uncompress(reinterpret_cast<Bytef*>(packet.data()), &bytes,
                                reinterpret_cast<const Bytef*>(data.data()), static_cast<uLong>(data.size()));
  packet.resize(result == Z_OK ? bytes : 0);
  return packet;
}

class TextReader {
 public:
  TextReader(const KeptMetadata& wanted, SourceMetadata& metadata) : wanted_(wanted), metadata_(metadata) {}

  void Read(std::string_view data, bool international) {
    std::string_view keyword;
    if (!TakeText(data, keyword)) return;
    if (!international) {
      if (std::string* text = TextNamed(keyword)) *text = FromLatin1(data);
      return;
    }
    // Whether it is compressed, how, in which language, and the keyword in that.
    std::string_view ignored;
    if (data.size() < 2) return;
    const bool compressed = data[0] != 0;
    data.remove_prefix(2);
    if (!TakeText(data, ignored) || !TakeText(data, ignored)) return;
    if (keyword == "XML:com.adobe.xmp" && wanted_.xmp && metadata_.xmp.empty()) {
      metadata_.xmp = compressed ? InflatePacket(data) : Bytes(data);
    } else if (!compressed && data.size() <= kMostTextBytes) {
      if (std::string* text = TextNamed(keyword)) *text = data;
    }
  }

 private:
  // nullptr where it is not wanted, or there is one already.
  std::string* TextNamed(std::string_view keyword) {
    std::string* text = keyword == "Copyright" ? &metadata_.copyright
                        : keyword == "Author"  ? &metadata_.artist
                                               : nullptr;
    return text != nullptr && wanted_.copyright && text->empty() ? text : nullptr;
  }

  const KeptMetadata& wanted_;
  SourceMetadata& metadata_;
};

}  // namespace

void ReadPngTexts(ByteSource& source, const KeptMetadata& wanted, SourceMetadata& metadata) {
  TextReader reader(wanted, metadata);
  int texts = 0;
  WalkPngChunks(source, kSignatureBytes, [&](const PngChunkPlace& place) {
    const bool international = place.name == "iTXt";
    if ((!international && place.name != "tEXt") || place.length > kMostChunkBytes) return true;
    const std::vector<std::byte> chunk = ReadPngChunk(source, place);
    reader.Read({reinterpret_cast<const char*>(chunk.data()), chunk.size()}, international);
    return ++texts < kMostTexts;
  });
}

}  // namespace tbbthumbs
