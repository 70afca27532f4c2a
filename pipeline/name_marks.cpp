#include "pipeline/name_marks.h"

#include <algorithm>

#include "codecs/thumbnail_layout.h"
#include "pipeline/safe_names.h"

namespace tbbthumbs {
namespace {

constexpr std::string_view kJpeg = "jpeg";
constexpr std::string_view kPng = "png";
// Of a side: 65500.
constexpr size_t kSideDigits = 5;

bool SameMark(const NamePart& a, const NamePart& b) { return a.field == b.field && a.width == b.width; }

bool Differs(NameField field, OutputFormat format) {
  switch (field) {
    case NameField::kSize:
    case NameField::kWidth:
    case NameField::kHeight:
      return true;
    case NameField::kFormat:
      return format == OutputFormat::kAuto;
    default:
      return false;
  }
}

// Safe text has none of these.
bool IsMark(char c) { return c > 0 && c < ' '; }

}  // namespace

std::string Padded(uint64_t number, size_t digits) {
  std::string text = std::to_string(number);
  if (text.size() < digits) text.insert(0, digits - text.size(), '0');
  return text;
}

NameMarks::NameMarks(const NameTemplate& name_template, const NameOptions& options, const SpecSet& specs)
    : options_(options), sizes_(specs.sizes), format_(specs.format) {
  for (const std::string& label : SizeLabels(specs.sizes)) {
    labels_.push_back(SafeText(label, options_));
    longest_label_ = std::max(longest_label_, labels_.back().size());
  }
  // With one to nine digits, or none said, for each of two sides there are at most 22 of them.
  for (const NamePart& part : name_template.parts()) {
    if (Differs(part.field, format_) && MarkOf(part) == '\0') marked_.push_back(part);
  }
}

char NameMarks::MarkOf(const NamePart& part) const {
  const auto found =
      std::find_if(marked_.begin(), marked_.end(), [&](const NamePart& other) { return SameMark(part, other); });
  return found == marked_.end() ? '\0' : static_cast<char>(found - marked_.begin() + 1);
}

std::optional<std::string> NameMarks::KnownFormat() const {
  if (format_ == OutputFormat::kAuto) return std::nullopt;
  return SafeText(format_ == OutputFormat::kPng ? kPng : kJpeg, options_);
}

size_t NameMarks::LongestOf(char c) const {
  if (!IsMark(c)) return 1;
  const NamePart& part = marked_[static_cast<size_t>(c) - 1];
  switch (part.field) {
    case NameField::kSize:
      return longest_label_;
    case NameField::kFormat:
      return kJpeg.size();
    default:
      return std::max(part.width, kSideDigits);
  }
}

size_t NameMarks::LongestLength(std::string_view marked) const {
  size_t length = marked.size();
  for (const char c : marked) {
    if (IsMark(c)) length += LongestOf(c) - 1;
  }
  return length;
}

size_t NameMarks::Count(std::string_view marked) {
  return static_cast<size_t>(std::count_if(marked.begin(), marked.end(), IsMark));
}

std::string NameMarks::Cut(std::string_view marked, size_t bytes) const {
  size_t kept = 0;
  for (size_t length = 0; kept < marked.size(); ++kept) {
    length += LongestOf(marked[kept]);
    if (length > bytes) break;
  }
  return CutAtCharacter(marked, kept);
}

std::string NameMarks::TextOf(const NamePart& part, size_t size_index, OutputFormat format, Size upright) const {
  if (part.field == NameField::kSize) return labels_[size_index];
  if (part.field == NameField::kFormat) return SafeText(format == OutputFormat::kPng ? kPng : kJpeg, options_);
  const Size thumbnail = upright.width > 0 ? ThumbnailSize(upright, sizes_[size_index]) : Size{};
  return Padded(static_cast<uint64_t>(part.field == NameField::kWidth ? thumbnail.width : thumbnail.height),
                part.width);
}

std::string NameMarks::Fill(std::string_view marked, size_t size_index, OutputFormat format, Size upright) const {
  std::string filled;
  filled.reserve(marked.size() + 16);
  while (!marked.empty()) {
    const auto mark = std::find_if(marked.begin(), marked.end(), IsMark);
    filled.append(marked.begin(), mark);
    marked.remove_prefix(static_cast<size_t>(mark - marked.begin()));
    if (marked.empty()) break;
    const NamePart& part = marked_[static_cast<size_t>(marked.front()) - 1];
    if (size_index == kKeepSize && part.field == NameField::kSize) {
      filled += marked.front();
    } else {
      filled += TextOf(part, size_index, format, upright);
    }
    marked.remove_prefix(1);
  }
  return filled;
}

}  // namespace tbbthumbs
