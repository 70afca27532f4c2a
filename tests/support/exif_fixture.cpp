#include "tests/support/exif_fixture.h"

#include <cstdint>
#include <utility>

namespace tbbthumbs::testing {
namespace {

struct Entry {
  uint32_t tag;
  uint32_t type;  // 2: text; 3: SHORT; 4: LONG
  uint32_t number;
  std::string text{};
};

class Writer {
 public:
  explicit Writer(bool big_endian) : big_endian_(big_endian) {}

  void Put(uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) {
      const int shift = 8 * (big_endian_ ? bytes - 1 - i : i);
      bytes_.push_back(static_cast<std::byte>(value >> shift & 0xFF));
    }
  }

  // The directory and, behind it, its texts.
  void PutDirectory(const std::vector<Entry>& entries) {
    Put(static_cast<uint32_t>(entries.size()), 2);
    auto text_at = static_cast<uint32_t>(bytes_.size() + entries.size() * 12 + 4);
    for (const Entry& entry : entries) {
      Put(entry.tag, 2);
      Put(entry.type, 2);
      Put(entry.type == 2 ? static_cast<uint32_t>(entry.text.size() + 1) : 1, 4);
      if (entry.type == 2) {
        Put(text_at, 4);
        text_at += static_cast<uint32_t>(entry.text.size() + 1);
      } else {
        const int bytes = entry.type == 3 ? 2 : 4;
        Put(entry.number, bytes);
        Put(0, 4 - bytes);
      }
    }
    Put(0, 4);  // no next directory
    for (const Entry& entry : entries) {
      if (entry.type != 2) continue;
      for (const char c : entry.text) Put(static_cast<unsigned char>(c), 1);
      Put(0, 1);
    }
  }

  size_t size() const { return bytes_.size(); }
  std::vector<std::byte> Take() { return std::move(bytes_); }

 private:
  const bool big_endian_;
  std::vector<std::byte> bytes_;
};

size_t DirectoryBytes(const std::vector<Entry>& entries) {
  size_t bytes = 2 + entries.size() * 12 + 4;
  for (const Entry& entry : entries) bytes += entry.type == 2 ? entry.text.size() + 1 : 0;
  return bytes;
}

}  // namespace

// Texts have at least 4 characters here: shorter ones would stand in the entry itself.
std::vector<std::byte> MakeExif(const ExifFixture& fixture) {
  std::vector<Entry> first;
  const auto add_text = [&](uint32_t tag, const std::string& text) {
    if (!text.empty()) first.push_back({tag, 2, 0, text});
  };
  add_text(0x010F, fixture.make);
  add_text(0x0110, fixture.model);
  first.push_back({0x0112, 3, static_cast<uint32_t>(fixture.orientation)});
  add_text(0x0132, fixture.date_time);
  if (!fixture.date_time_original.empty()) {
    first.push_back({0x8769, 4, 0});
    first.back().number = static_cast<uint32_t>(8 + DirectoryBytes(first));
  }
  Writer writer(fixture.big_endian);
  writer.Put(fixture.big_endian ? 0x4D4D : 0x4949, 2);
  writer.Put(42, 2);
  writer.Put(8, 4);
  writer.PutDirectory(first);
  if (!fixture.date_time_original.empty()) writer.PutDirectory({{0x9003, 2, 0, fixture.date_time_original}});
  return writer.Take();
}

}  // namespace tbbthumbs::testing
