#ifndef TBBTHUMBS_TOOLS_SHARD_INDEX_H_
#define TBBTHUMBS_TOOLS_SHARD_INDEX_H_

#include <functional>
#include <string>
#include <tl/expected.hpp>

namespace tbbthumbs::tool {

// Which shard of a plan that has `shards` of them is meant by `text`: "3", "3/8", or "auto": what the scheduler says in
// the environment. `getenv` as that of the system. The error is a message that begins with the option or the variable.
[[nodiscard]] tl::expected<int, std::string> ChooseShard(const std::string& text, int shards,
                                                         const std::function<const char*(const char*)>& getenv);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_SHARD_INDEX_H_
