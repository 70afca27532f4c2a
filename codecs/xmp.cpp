#include "codecs/xmp.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codecs/metadata.h"

namespace tbbthumbs {
namespace {

constexpr std::string_view kBlank = " \t\r\n";
// Of one name. More are damage, and each costs a copy of the packet.
constexpr int kMostOccurrences = 16;
constexpr size_t kMostPrefixes = 8;

bool IsNameCharacter(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter || c == '_' || c == '-' || c == '.' || c == ':' || (c & 0x80) != 0;
}

size_t SkipBlank(std::string_view text, size_t at) { return std::min(text.find_first_not_of(kBlank, at), text.size()); }

// What a packet says of one property: `whole` as an attribute with the blank before it, or as an element; `value`
// without its quotes or tags. Places in the packet.
struct Said {
  size_t whole_begin = 0;
  size_t whole_end = 0;
  size_t value_begin = 0;
  size_t value_end = 0;
  bool simple = true;  // the value is text
};

enum class Found { kNothing, kProperty, kDamage };

// What stands at `at`, where `name` stands.
Found ReadProperty(std::string_view packet, size_t at, std::string_view name, Said& said) {
  const size_t after = at + name.size();
  if (at == 0 || after >= packet.size() || IsNameCharacter(packet[after])) return Found::kNothing;
  if (packet[at - 1] == '<') {
    const size_t open_end = packet.find('>', after);
    if (open_end == std::string_view::npos) return Found::kDamage;
    said = {at - 1, open_end + 1, open_end + 1, open_end + 1, false};
    if (packet[open_end - 1] == '/') return Found::kProperty;
    const std::string close = "</" + std::string(name);
    const size_t close_at = packet.find(close, open_end);
    const size_t close_end = packet.find('>', close_at == std::string_view::npos ? packet.size() : close_at);
    if (close_end == std::string_view::npos) return Found::kDamage;
    said.value_end = close_at;
    said.whole_end = close_end + 1;
    said.simple = packet.substr(said.value_begin, close_at - said.value_begin).find('<') == std::string_view::npos;
    return Found::kProperty;
  }
  if (kBlank.find(packet[at - 1]) == std::string_view::npos) return Found::kNothing;
  const size_t equals = SkipBlank(packet, after);
  if (equals == packet.size() || packet[equals] != '=') return Found::kNothing;
  const size_t quote = SkipBlank(packet, equals + 1);
  if (quote == packet.size() || (packet[quote] != '"' && packet[quote] != '\'')) return Found::kDamage;
  const size_t end = packet.find(packet[quote], quote + 1);
  if (end == std::string_view::npos) return Found::kDamage;
  said = {at - 1, end + 1, quote + 1, end, true};
  return Found::kProperty;
}

// A packet being edited. Once it turns out damaged, it stays so.
class XmpPacket {
 public:
  explicit XmpPacket(std::string text) : text_(std::move(text)) {}

  // Gives a property of a namespace the text `value` wherever it is said; without one, takes it out.
  void Set(std::string_view uri, std::string_view property, const std::optional<std::string>& value) {
    for (const std::string& prefix : PrefixesOf(uri)) SetNamed(prefix + ":" + std::string(property), value);
  }

  // Blanks at the end are room for programs that edit files in place.
  void DropPadding() {
    const size_t end = text_.rfind("<?xpacket end");
    if (end == std::string::npos) return;
    const size_t last = text_.find_last_not_of(kBlank, end == 0 ? 0 : end - 1);
    if (last != std::string::npos && last + 1 < end) text_.replace(last + 1, end - last - 1, "\n");
  }

  bool damaged() const { return damaged_; }
  const std::string& text() const { return text_; }

 private:
  // xmlns:tiff="http://ns.adobe.com/tiff/1.0/": there may be several.
  std::vector<std::string> PrefixesOf(std::string_view uri) {
    std::vector<std::string> prefixes;
    for (size_t at = text_.find(uri); at != std::string::npos; at = text_.find(uri, at + 1)) {
      const size_t end = at + uri.size();
      if (at == 0 || end >= text_.size() || text_[at - 1] != text_[end] || (text_[end] != '"' && text_[end] != '\'')) {
        continue;
      }
      const size_t equals = at < 2 ? std::string::npos : text_.find_last_not_of(kBlank, at - 2);
      if (equals == std::string::npos || equals == 0 || text_[equals] != '=') continue;
      const size_t last = text_.find_last_not_of(kBlank, equals - 1);
      if (last == std::string::npos) continue;
      size_t begin = last + 1;
      while (begin > 0 && IsNameCharacter(text_[begin - 1])) --begin;
      const std::string name = text_.substr(begin, last + 1 - begin);
      // Names without a prefix are of this namespace then.
      if (name == "xmlns") damaged_ = true;
      if (!name.starts_with("xmlns:")) continue;
      const std::string prefix = name.substr(6);
      if (std::find(prefixes.begin(), prefixes.end(), prefix) != prefixes.end()) continue;
      if (prefixes.size() == kMostPrefixes) damaged_ = true;
      if (damaged_) return {};
      prefixes.push_back(prefix);
    }
    return prefixes;
  }

  void SetNamed(const std::string& name, const std::optional<std::string>& value) {
    int occurrences = 0;
    for (size_t at = text_.find(name); at != std::string::npos && !damaged_; at = text_.find(name, at)) {
      Said said;
      const Found found = ReadProperty(text_, at, name, said);
      damaged_ = found == Found::kDamage || ++occurrences > kMostOccurrences || (value && !said.simple);
      if (damaged_) return;
      if (found == Found::kNothing) {
        at += name.size();
      } else if (value) {
        text_.replace(said.value_begin, said.value_end - said.value_begin, *value);
        at = said.value_begin + value->size();
      } else {
        text_.erase(said.whole_begin, said.whole_end - said.whole_begin);
        at = said.whole_begin;
      }
    }
  }

  std::string text_;
  bool damaged_ = false;
};

// RFC 3629.
bool IsUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    if (lead < 0x80) continue;
    const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (lead < 0xC2 || lead > 0xF4) return false;
    uint32_t code = lead & (0x3Fu >> more);
    for (int k = 0; k < more; ++k) {
      const unsigned char next = i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
      if ((next & 0xC0) != 0x80) return false;
      code = code << 6 | (next & 0x3Fu);
      ++i;
    }
    const uint32_t least = more == 3 ? 0x10000 : more == 2 ? 0x800 : 0x80;
    if (code < least || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
  }
  return true;
}

// Namespaces of what a thumbnail does not have: lengths of a video or a gain map behind the picture, a panorama's
// geometry in pixels.
constexpr std::string_view kUntrueNamespaces[] = {
    "http://ns.google.com/photos/1.0/camera/", "http://ns.google.com/photos/1.0/container/",
    "http://ns.google.com/photos/1.0/panorama/", "http://ns.adobe.com/hdr-gain-map/1.0/"};

}  // namespace

std::vector<std::byte> RewriteXmp(std::span<const std::byte> packet, const XmpEdit& edit) {
  constexpr std::string_view kTiff = "http://ns.adobe.com/tiff/1.0/";
  constexpr std::string_view kExif = "http://ns.adobe.com/exif/1.0/";
  if (packet.size() > kMaxXmpBytes) return {};
  const std::string_view text(reinterpret_cast<const char*>(packet.data()), packet.size());
  const auto has = [text](std::string_view part) { return text.find(part) != std::string_view::npos; };
  if (has(std::string_view("\0", 1)) || !has("RDF") || !IsUtf8(text)) return {};
  if (std::ranges::any_of(kUntrueNamespaces, has)) return {};
  // A namespace whose name is spelled with references would not be recognised.
  if (has("xmlns") && (has("&#47;") || has("&#x2f;") || has("&#x2F;"))) return {};
  XmpPacket edited{std::string(text)};
  const std::string width = std::to_string(edit.size.width);
  const std::string height = std::to_string(edit.size.height);
  if (edit.turned) edited.Set(kTiff, "Orientation", "1");
  edited.Set(kTiff, "ImageWidth", width);
  edited.Set(kTiff, "ImageLength", height);
  edited.Set(kExif, "PixelXDimension", width);
  edited.Set(kExif, "PixelYDimension", height);
  edited.Set(kExif, "ColorSpace", edit.srgb ? "1" : "65535");
  edited.Set("http://ns.adobe.com/xap/1.0/", "Thumbnails", std::nullopt);
  edited.Set("http://ns.adobe.com/photoshop/1.0/", "ICCProfile", std::nullopt);
  edited.Set("http://ns.adobe.com/xmp/note/", "HasExtendedXMP", std::nullopt);
  edited.DropPadding();
  if (edited.damaged() || edited.text().size() > kMaxXmpBytes) return {};
  const auto* begin = reinterpret_cast<const std::byte*>(edited.text().data());
  return {begin, begin + edited.text().size()};
}

}  // namespace tbbthumbs
