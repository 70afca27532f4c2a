#include "tools/decoder_messages.h"

#include <algorithm>
#include <concepts>
#include <string>
#include <type_traits>

#include "codecs/format.h"
#include "pipeline/byte_archive.h"

namespace tbbthumbs {

// To be read, or written.
template <class Any, class T>
concept Is = std::same_as<std::remove_const_t<Any>, T>;

// All members by name: one that is added and not handed on does not compile.

template <class Archive, Is<SizeSpec> Any>
static void Fields(Archive& archive, Any& value) {
  auto& [width, height, percent, fit, scaling, gravity, density, quality, max_bytes, sharpen, name] = value;
  archive(width, height, percent, fit, scaling, gravity, density, quality, max_bytes, sharpen, name);
}

template <class Archive, Is<SpecSet> Any>
static void Fields(Archive& archive, Any& value) {
  auto& [sizes, kernel, linear, sharpen, format, quality, progressive, optimize, chroma, max_bytes, png_level, palette,
         dither, placeholders, background, blurred_border, color, intent, keep, strictness, fast, small, decoder] =
      value;
  archive(sizes, kernel, linear, sharpen, format, quality, progressive, optimize, chroma, max_bytes, png_level, palette,
          dither, placeholders, background, blurred_border, color, intent, keep, strictness, fast, small, decoder);
}

template <class Archive, Is<Placeholders> Any>
static void Fields(Archive& archive, Any& value) {
  auto& [blurhash, thumbhash, average_color] = value;
  archive(blurhash, thumbhash, average_color);
}

template <class Archive, Is<HeaderFacts> Any>
static void Fields(Archive& archive, Any& value) {
  auto& [size, taken, camera, working_bytes] = value;
  archive(size, taken, camera, working_bytes);
}

template <class Archive, Is<Encoded> Any>
static void Fields(Archive& archive, Any& value) {
  archive(value.size, value.format);
}

// What a run uses of it.
template <class Archive, Is<Made> Any>
static void Fields(Archive& archive, Any& value) {
  archive(value.info.format, value.info.size, value.decode.path, value.decode.damage, value.cpu_time, value.thumbnails,
          value.placeholders);
}

namespace tool {

template <class Archive, Is<PictureRequest> Any>
static void Fields(Archive& archive, Any& value) {
  auto& [header_only, bytes, resident_bytes, kept_bytes, limits, specs] = value;
  archive(header_only, bytes, resident_bytes, kept_bytes, limits, specs);
}

template <class Archive, Is<ReadAnswer> Any>
static void Fields(Archive& archive, Any& value) {
  auto& [bytes, error] = value;
  archive(bytes, error);
}

template <class Archive, Is<PictureAnswer> Any>
static void Fields(Archive& archive, Any& value) {
  auto& [error, header, made, thumbnail_bytes] = value;
  archive(error, header, made, thumbnail_bytes);
}

namespace {

// Makes `message` one of the kind, without its values.
template <size_t kKind = 0>
bool BeginAs(unsigned kind, DecoderMessage& message) {
  if constexpr (kKind < std::variant_size_v<DecoderMessage>) {
    if (kind != kKind) return BeginAs<kKind + 1>(kind, message);
    message.emplace<kKind>();
    return true;
  }
  return false;
}

bool IsPlain(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool IsSize(Size size) { return size.width > 0 && size.height > 0; }

// Those that tell what the decoder has found in the bytes, or what it can't do with them.
bool IsOfDecoding(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnsupported:
    case ErrorCode::kCorrupt:
    case ErrorCode::kTruncated:
    case ErrorCode::kTooLarge:
    case ErrorCode::kOutOfMemory:
    case ErrorCode::kTimeout:
    case ErrorCode::kInternal:
      return true;
    default:
      return false;
  }
}

bool IsHeader(const HeaderFacts& header) {
  constexpr size_t kMostCameraBytes = 4096;
  const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; };
  const bool is_camera =
      header.camera.size() <= kMostCameraBytes && std::none_of(header.camera.begin(), header.camera.end(), is_control);
  return IsSize(header.size) && is_camera && (!header.taken || IsMoment(*header.taken));
}

bool FitWithin(const std::vector<uint64_t>& parts, uint64_t whole) {
  for (const uint64_t part : parts) {
    if (part > whole) return false;
    whole -= part;
  }
  return true;
}

}  // namespace

std::vector<std::byte> Pack(const DecoderMessage& message) {
  ByteWriter writer;
  writer(static_cast<unsigned char>(message.index()));
  std::visit([&](const auto& value) { writer(value); }, message);
  return writer.Take();
}

bool Unpack(std::span<const std::byte> bytes, DecoderMessage& message) {
  if (bytes.empty() || !BeginAs(static_cast<unsigned>(bytes.front()), message)) return false;
  ByteReader reader(bytes.subspan(1));
  std::visit([&](auto& value) { reader(value); }, message);
  return reader.Complete();
}

bool IsAnswerTo(const PictureRequest& request, const PictureAnswer& answer, uint64_t most_bytes) {
  if (answer.error) return IsOfDecoding(answer.error->code);
  if (request.header_only) return IsHeader(answer.header);
  const Made& made = answer.made;
  const auto format = static_cast<int>(made.info.format);
  if (format < 0 || format >= kFormatCount || !IsSize(made.info.size) || !IsPlain(made.decode.path)) return false;
  const size_t wanted = request.specs.sizes.size();
  if (made.thumbnails.size() != wanted || answer.thumbnail_bytes.size() != wanted) return false;
  for (size_t i = 0; i < wanted; ++i) {
    const Encoded& thumbnail = made.thumbnails[i];
    const bool is_known = thumbnail.format == OutputFormat::kJpeg || thumbnail.format == OutputFormat::kPng;
    if (!is_known || !IsSize(thumbnail.size)) return false;
    const uint64_t most = request.specs.sizes[i].max_bytes.value_or(request.specs.max_bytes);
    if (most > 0 && answer.thumbnail_bytes[i] > most) return false;
  }
  const auto& damage = made.decode.damage;
  if (damage && !(request.specs.strictness == Strictness::kSalvage && IsOfDecoding(damage->code))) return false;
  if (made.placeholders.has_value() != request.specs.placeholders.any()) return false;
  if (made.placeholders && !(IsPlain(made.placeholders->blurhash) && IsPlain(made.placeholders->thumbhash)))
    return false;
  return FitWithin(answer.thumbnail_bytes, most_bytes);
}

}  // namespace tool
}  // namespace tbbthumbs
