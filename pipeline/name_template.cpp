#include "pipeline/name_template.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include "pipeline/date_text.h"

namespace tbbthumbs {
namespace {

// What may follow the colon in a field.
enum class Argument { kNone, kDigits, kHashDigits, kDateFormat };

struct FieldRow {
  std::string_view name;
  NameField field;
  Argument argument;
};

constexpr FieldRow kFields[] = {
    {"stem", NameField::kStem, Argument::kNone},
    {"ext", NameField::kExtension, Argument::kNone},
    {"dir", NameField::kDirectory, Argument::kNone},
    {"path", NameField::kDirectory, Argument::kNone},  // and {stem}
    {"parent", NameField::kParent, Argument::kNone},
    {"seq", NameField::kSequence, Argument::kDigits},
    {"total", NameField::kTotal, Argument::kDigits},
    {"size", NameField::kSize, Argument::kNone},
    {"width", NameField::kWidth, Argument::kDigits},
    {"height", NameField::kHeight, Argument::kDigits},
    {"date", NameField::kDate, Argument::kDateFormat},
    {"mtime", NameField::kModified, Argument::kDateFormat},
    {"camera", NameField::kCamera, Argument::kNone},
    {"hash", NameField::kHash, Argument::kHashDigits},
    {"host", NameField::kHost, Argument::kNone},
    {"url_hash", NameField::kUrlHash, Argument::kHashDigits},
    {"input_hash", NameField::kInputHash, Argument::kHashDigits},
    {"format", NameField::kFormat, Argument::kNone},
};

constexpr std::array<std::string_view, std::size(kFields)> NamesOfFields() {
  std::array<std::string_view, std::size(kFields)> names;
  for (size_t i = 0; i < names.size(); ++i) names[i] = kFields[i].name;
  return names;
}
constexpr auto kFieldNames = NamesOfFields();

constexpr std::string_view kDefaultDate = "%Y-%m-%d";
// 64 bits are enough for the names of a billion files; 128 there are.
constexpr size_t kDefaultHashDigits = 16;
constexpr size_t kMostHashDigits = 32;
constexpr size_t kMostDigits = 9;

std::optional<size_t> ParseCount(std::string_view digits, size_t most) {
  size_t count = 0;
  if (digits.empty() || digits.size() > 4) return std::nullopt;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    count = count * 10 + static_cast<size_t>(c - '0');
  }
  return count >= 1 && count <= most ? std::optional(count) : std::nullopt;
}

// Reads a template from left to right.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  tl::expected<std::vector<NamePart>, NameTemplateError> Run() {
    for (size_t i = 0; i < text_.size() && !error_;) {
      const char c = text_[i];
      if ((c == '{' || c == '}') && i + 1 < text_.size() && text_[i + 1] == c) {
        AddText(c);
        i += 2;
      } else if (c == '{') {
        i = ReadField(i);
      } else if (c == '}') {
        Refuse("'}' closes nothing (two of them stand for one)", i, 1);
      } else {
        AddText(c);
        ++i;
      }
    }
    if (!error_) CheckDirectories();
    if (error_) return tl::unexpected<NameTemplateError>(std::move(*error_));
    return std::move(parts_);
  }

 private:
  void Refuse(std::string message, size_t offset, size_t length) {
    if (!error_) error_ = NameTemplateError{std::move(message), offset, length, ""};
  }

  void AddText(char c) {
    if (parts_.empty() || parts_.back().field != NameField::kText) parts_.push_back({});
    parts_.back().text += c;
  }

  // The field whose brace stands at `open`; returns where the text goes on.
  size_t ReadField(size_t open) {
    const size_t close = text_.find('}', open);
    if (close == std::string_view::npos) {
      Refuse("'{' is never closed (two of them stand for one)", open, text_.size() - open);
      return text_.size();
    }
    const std::string_view inner = text_.substr(open + 1, close - open - 1);
    const size_t colon = inner.find(':');
    const std::string_view name = inner.substr(0, colon);
    const auto* row =
        std::find_if(std::begin(kFields), std::end(kFields), [&](const FieldRow& r) { return r.name == name; });
    if (row == std::end(kFields)) {
      Refuse("unknown field {" + std::string(name) + "}", open, close + 1 - open);
      error_->unknown_field = name;
      return close;
    }
    NamePart part{row->field, "", row->argument == Argument::kHashDigits ? kDefaultHashDigits : 0};
    if (row->argument == Argument::kDateFormat) part.text = kDefaultDate;
    if (colon != std::string_view::npos) ReadArgument(*row, inner.substr(colon + 1), open + 1 + colon, part);
    parts_.push_back(std::move(part));
    if (name == "path") {
      AddText('/');
      parts_.push_back({NameField::kStem, "", 0});
    }
    return close + 1;
  }

  // `at`: of the colon.
  void ReadArgument(const FieldRow& row, std::string_view argument, size_t at, NamePart& part) {
    const auto in_field = [&](std::string_view text) {
      return "in {" + std::string(row.name) + "}: " + std::string(text);
    };
    switch (row.argument) {
      case Argument::kNone:
        Refuse("{" + std::string(row.name) + "} takes nothing after a colon", at, 1 + argument.size());
        break;
      case Argument::kDigits:
      case Argument::kHashDigits: {
        const bool hash = row.argument == Argument::kHashDigits;
        const auto count = ParseCount(argument, hash ? kMostHashDigits : kMostDigits);
        if (!count) {
          Refuse(in_field(hash ? "a number of digits is wanted, 1 to 32, as in :16"
                               : "a number of digits is wanted, 1 to 9, as in :06"),
                 at, 1 + argument.size());
        }
        part.width = count.value_or(0);
        break;
      }
      case Argument::kDateFormat: {
        const size_t mistake = FindDateMistake(argument);
        if (argument.empty()) Refuse(in_field("a format is wanted, as in :%Y-%m-%d"), at, 1);
        if (mistake != std::string_view::npos) {
          const std::string_view wrong = argument.substr(mistake, 2);
          Refuse(in_field("'" + std::string(wrong) +
                          "' is none of %Y %y %m %d %j %H %I %M %S %p %B %b %A %a %F %G %V %u %%"),
                 at + 1 + mistake, wrong.size());
        }
        part.text = argument;
        break;
      }
    }
  }

  // Directories without a name, "." and "..", written in the template itself.
  void CheckDirectories() {
    if (text_.empty()) return Refuse("the template is empty", 0, 0);
    for (size_t begin = 0; begin <= text_.size();) {
      const size_t end = ComponentEnd(begin);
      const std::string_view component = text_.substr(begin, end - begin);
      if (component.empty() && end == text_.size())
        return Refuse("a name is missing behind the last '/'", begin - 1, 1);
      if (component.empty())
        return Refuse("a directory without a name: names are below the output directory", begin, 1);
      if (component == "." || component == "..") {
        return Refuse("'" + std::string(component) + "' is no name: names are below the output directory", begin,
                      component.size());
      }
      begin = end + 1;
    }
  }

  // The next '/' from `begin` on that is in no field, or the end.
  size_t ComponentEnd(size_t begin) const {
    size_t i = begin;
    while (i < text_.size() && text_[i] != '/') {
      const bool field = text_[i] == '{' && i + 1 < text_.size() && text_[i + 1] != '{';
      if (field) {
        i = text_.find('}', i) + 1;
      } else {
        i += text_[i] == '{' || text_[i] == '}' ? 2 : 1;
      }
    }
    return i;
  }

  const std::string_view text_;
  std::vector<NamePart> parts_;
  std::optional<NameTemplateError> error_;
};

// The labels of sizes are digits and at most one 'x' ("X" with another case).
bool MayBeInLabel(char c) { return (c >= '0' && c <= '9') || c == 'x' || c == 'X'; }

bool IsText(const NamePart& part) { return part.field == NameField::kText; }

}  // namespace

tl::expected<NameTemplate, NameTemplateError> NameTemplate::Parse(std::string_view text) {
  auto parts = Parser(text).Run();
  if (!parts) return tl::unexpected<NameTemplateError>(std::move(parts.error()));
  NameTemplate result;
  result.parts_ = std::move(*parts);
  return result;
}

bool NameTemplate::Uses(NameField field) const {
  return std::any_of(parts_.begin(), parts_.end(), [&](const NamePart& part) { return part.field == field; });
}

NameNeeds NameTemplate::needs() const {
  const auto uses_any = [&](auto... fields) { return (Uses(fields) || ...); };
  if (Uses(NameField::kInputHash)) return NameNeeds::kContent;
  if (uses_any(NameField::kDate, NameField::kCamera, NameField::kWidth, NameField::kHeight)) return NameNeeds::kHeader;
  return Uses(NameField::kModified) ? NameNeeds::kTime : NameNeeds::kPath;
}

// One {dir} that is a component of its own: the other fields bring no '/', or always as many, so that what stands in
// the place of {dir} can be told from the whole, and no two input directories have the same there. The '/' behind a
// {host} is there for some only.
bool NameTemplate::StaysInDirectory() const {
  if (Uses(NameField::kHost)) return false;
  size_t found = 0;
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].field != NameField::kDirectory) continue;
    ++found;
    const bool begins = i == 0 || (IsText(parts_[i - 1]) && parts_[i - 1].text.back() == '/');
    const bool ends = i + 1 < parts_.size() && IsText(parts_[i + 1]) && parts_[i + 1].text.front() == '/';
    if (!begins || !ends) return false;
  }
  return found == 1;
}

// The label stands at an end of the whole, and what is beside it can't be part of a label: it can be read off any name.
bool NameTemplate::KeepsSizesApart() const {
  if (parts_.size() < 2) return false;
  const NamePart& before_last = parts_[parts_.size() - 2];
  if (parts_.back().field == NameField::kSize && IsText(before_last) && !MayBeInLabel(before_last.text.back()))
    return true;
  return parts_.front().field == NameField::kSize && IsText(parts_[1]) && !MayBeInLabel(parts_[1].text.front());
}

std::span<const std::string_view> NameFieldNames() { return kFieldNames; }

size_t CharacterNumber(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  return 1 + static_cast<size_t>(std::count_if(before.begin(), before.end(),
                                               [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace tbbthumbs
