// The rules of file systems, said once more and in other words than the code under test says them.
#ifndef TBBTHUMBS_TESTS_SUPPORT_UNSAFE_NAMES_H_
#define TBBTHUMBS_TESTS_SUPPORT_UNSAFE_NAMES_H_

#include <string>
#include <string_view>

namespace tbbthumbs::testing {

// Why a relative path can't be used on ext4, NTFS or APFS, or ""; by their documentation: lengths, characters, devices,
// dots and blanks at the end, UTF-8, "." and "..".
std::string WhyUnsafe(std::string_view path);

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_UNSAFE_NAMES_H_
