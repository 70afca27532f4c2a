// Takes the values of options out of what was said.
#ifndef TBBTHUMBS_TOOLS_OPTION_READER_H_
#define TBBTHUMBS_TOOLS_OPTION_READER_H_

#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tools/option_values.h"
#include "tools/raw_options.h"

namespace tbbthumbs::tool {

template <class T>
using Choice = std::pair<std::string_view, T>;

// Keeps the first error. The raw options outlive it.
class OptionReader {
 public:
  explicit OptionReader(const RawOptions& raw) : raw_(raw) {}

  // Leaves `target` as it is where the option was not given or is wrong.
  template <class T, class Parse>
  void Read(std::string_view name, T& target, Parse parse) {
    const RawValue* value = raw_.Last(name);
    if (value != nullptr) Store(*value, parse(value->text), target);
  }

  void ReadFlag(std::string_view name, bool& target) { Read(name, target, ParseBool); }

  void ReadInt(std::string_view name, int& target, int smallest, int largest) {
    Read(name, target, [&](const std::string& text) { return ParseInt(text, smallest, largest); });
  }

  template <class T>
  void ReadChoice(std::string_view name, T& target, std::type_identity_t<std::span<const Choice<T>>> choices) {
    Read(name, target, [&](const std::string& text) { return ParseChoice(text, choices); });
  }

  template <class T, class Parse>
  void ReadList(std::string_view name, std::vector<T>& target, Parse parse) {
    const auto found = raw_.values.find(name);
    if (found == raw_.values.end()) return;
    target.clear();
    for (const RawValue& value : found->second) {
      T one{};
      Store(value, parse(value.text), one);
      target.push_back(std::move(one));
    }
  }

  void Refuse(std::string message) {
    if (error_.empty()) error_ = std::move(message);
  }

  const std::string& error() const { return error_; }

 private:
  template <class T, class P>
  void Store(const RawValue& value, Parsed<P> parsed, T& target) {
    if (parsed) {
      target = std::move(*parsed);
    } else {
      Refuse(value.origin + ": " + parsed.error());
    }
  }

  const RawOptions& raw_;
  std::string error_;
};

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_OPTION_READER_H_
