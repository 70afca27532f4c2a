// Names that every file system takes.
#ifndef TBBTHUMBS_PIPELINE_SAFE_NAMES_H_
#define TBBTHUMBS_PIPELINE_SAFE_NAMES_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "pipeline/name_options.h"

namespace tbbthumbs {

// The most that ext4 and APFS take in bytes, and NTFS in UTF-16 units (of which UTF-8 never has fewer bytes).
inline constexpr size_t kMaxNameBytes = 255;

// Any bytes as text that may stand in a name on ext4, NTFS and APFS:
// - characters in their composed form (Unicode NFC);
// - '_' for control characters, line separators, marks that turn the direction of text, noncharacters, '/' and what
//   Windows refuses: < > : " | ? * and the backslash;
// - bytes that are no UTF-8 as %XX, so that names that differ stay different;
// - in the letters that the options ask for.
// Text that is so already comes back byte for byte.
std::string SafeText(std::string_view text, const NameOptions& options);

// Composes characters where pieces of safe text were joined.
std::string ComposeCharacters(std::string text);

// Safe text as a whole name (a component of a path): not empty, '_' for dots and blanks at its end ("." and ".." with
// them), and '_' behind what is the name of a device on Windows whatever follows its first dot: "nul.tar" becomes
// "nul_.tar". Bytes below 0x20 are taken for digits that are not known yet. With `has_extension` an extension will
// follow, and the end is left as it is. Grows by one byte at most.
std::string SafeComponent(std::string text, bool has_extension);

// Safe text as the end of a name: '_' for the dots and blanks that it ends with.
std::string SafeEnd(std::string text);

// At most `bytes` of `text`, not within a UTF-8 sequence.
std::string CutAtCharacter(std::string_view text, size_t bytes);

// The same for all names that any of the file systems takes for one: those that differ in case, in the form of their
// characters or in invisible ones only.
std::string FoldName(std::string_view name);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_SAFE_NAMES_H_
