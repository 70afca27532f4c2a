#include "tests/support/tiff_fixture.h"

#include <array>
#include <utility>

namespace tbbthumbs::testing {
namespace {

class Writer {
 public:
  explicit Writer(bool big_endian) : big_endian_(big_endian) {}

  void Put(uint32_t value, int bytes, std::vector<std::byte>& out) const {
    for (int i = 0; i < bytes; ++i) {
      out.push_back(static_cast<std::byte>(value >> 8 * (big_endian_ ? bytes - 1 - i : i)));
    }
  }

  std::vector<std::byte> Value(const TiffField& field) const {
    constexpr std::array<int, 14> kBytes = {1, 1, 1, 2, 4, 4, 1, 1, 2, 4, 4, 4, 4, 4};
    std::vector<std::byte> value;
    for (const uint32_t number : field.numbers) Put(number, kBytes[field.type % kBytes.size()], value);
    return value;
  }

  size_t Bytes(const std::vector<TiffField>& fields) const {
    size_t bytes = 2 + 12 * fields.size() + 4;
    for (const TiffField& field : fields) bytes += Value(field).size() > 4 ? Value(field).size() : 0;
    return bytes;
  }

  void PutDirectory(const std::vector<TiffField>& fields, uint32_t next, std::vector<std::byte>& out) const {
    Put(static_cast<uint32_t>(fields.size()), 2, out);
    auto value_at = static_cast<uint32_t>(out.size() + 12 * fields.size() + 4);
    std::vector<std::byte> values;
    for (const TiffField& field : fields) {
      std::vector<std::byte> value = Value(field);
      Put(field.tag, 2, out);
      Put(field.type, 2, out);
      Put(field.count, 4, out);
      if (value.size() > 4) {
        Put(value_at, 4, out);
        value_at += static_cast<uint32_t>(value.size());
        values.insert(values.end(), value.begin(), value.end());
      } else {
        value.resize(4);
        out.insert(out.end(), value.begin(), value.end());
      }
    }
    Put(next, 4, out);
    out.insert(out.end(), values.begin(), values.end());
  }

 private:
  bool big_endian_;
};

}  // namespace

TiffField TextField(uint32_t tag, const std::string& text) {
  TiffField field{tag, 2, static_cast<uint32_t>(text.size() + 1), {text.begin(), text.end()}};
  field.numbers.push_back(0);
  return field;
}

TiffField NumberField(uint32_t tag, uint32_t type, const std::vector<uint32_t>& numbers) {
  // Rationals are two numbers.
  const auto count = static_cast<uint32_t>(numbers.size());
  return {tag, type, type == 5 || type == 10 ? count / 2 : count, numbers};
}

std::vector<std::byte> MakeTiff(const TiffFixture& fixture) {
  const Writer writer(fixture.big_endian);
  std::vector<TiffField> picture = fixture.picture;
  if (!fixture.exif.empty()) picture.push_back(NumberField(0x8769, 4, {0}));
  if (!fixture.gps.empty()) picture.push_back(NumberField(0x8825, 4, {0}));
  auto next = static_cast<uint32_t>(8 + writer.Bytes(picture));
  for (TiffField& field : picture) {
    if (field.tag != 0x8769 && field.tag != 0x8825) continue;
    field.numbers = {next};
    next += static_cast<uint32_t>(writer.Bytes(field.tag == 0x8769 ? fixture.exif : fixture.gps));
  }
  std::vector<std::byte> tiff(2, static_cast<std::byte>(fixture.big_endian ? 'M' : 'I'));
  writer.Put(42, 2, tiff);
  writer.Put(8, 4, tiff);
  writer.PutDirectory(picture, fixture.thumbnail.empty() ? 0 : next, tiff);
  if (!fixture.exif.empty()) writer.PutDirectory(fixture.exif, 0, tiff);
  if (!fixture.gps.empty()) writer.PutDirectory(fixture.gps, 0, tiff);
  if (!fixture.thumbnail.empty()) writer.PutDirectory(fixture.thumbnail, 0, tiff);
  return tiff;
}

}  // namespace tbbthumbs::testing
