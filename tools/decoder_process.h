// The life of a process that decodes for the command: pictures come in, thumbnails go out, and nothing else.
#ifndef TBBTHUMBS_TOOLS_DECODER_PROCESS_H_
#define TBBTHUMBS_TOOLS_DECODER_PROCESS_H_

#include <span>
#include <string_view>

#include "tools/exit_codes.h"

namespace tbbthumbs::tool {

// What such a process is called, by its first word: the command has started itself under that name (see
// DecoderKeeper). The second word is its SandboxMode, as a number.
inline constexpr std::string_view kDecoderName = "tbbthumbs-decoder";
// Its end of the channel, and the memory.
inline constexpr int kDecoderSocket = 3;
inline constexpr int kDecoderMemory = 4;

// Locks itself in and serves until the other end goes. `words`: all of them.
ExitCode RunDecoder(std::span<char* const> words);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_DECODER_PROCESS_H_
