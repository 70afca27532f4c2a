#include "bench/command_support.h"

#include <unistd.h>

#include <span>
#include <utility>

#include "pipeline/file_system.h"
#include "tools/escape.h"

namespace tbbthumbs::bench {

using tool::ExitCode;
using tool::Terminal;

namespace {

std::string TemporaryBeside(const std::filesystem::path& file) {
  return file.string() + "." + std::to_string(getpid()) + ".tmp";
}

}  // namespace

void Complain(std::string_view message, Terminal& terminal) {
  const std::string shown = isatty(terminal.err_fd()) == 1 ? tool::EscapeForTerminal(message) : std::string(message);
  terminal.WriteError("tbbthumbs-bench: " + shown);
}

ExitCode Fails(std::string_view message, ExitCode code, Terminal& terminal) {
  Complain(message, terminal);
  return code;
}

ExitCode CheckWritable(const std::filesystem::path& file, Terminal& terminal) {
  const std::string temporary = TemporaryBeside(file);
  if (const auto written = RealFileSystem().WriteNew(temporary, {}); !written) {
    return Fails(file.string() + ": " + written.error().message, tool::kExitOutput, terminal);
  }
  static_cast<void>(RealFileSystem().Remove(temporary));
  return tool::kExitDone;
}

ExitCode SaveText(const std::filesystem::path& file, std::string_view text, Terminal& terminal) {
  FileSystem& files = RealFileSystem();
  const std::string temporary = TemporaryBeside(file);
  const auto written = files.WriteNew(temporary, std::as_bytes(std::span(text)));
  Status saved = written ? files.Rename(temporary, file.string(), true) : tl::unexpected<Error>(written.error());
  if (written && !saved) static_cast<void>(files.Remove(temporary));
  if (saved) return tool::kExitDone;
  return Fails(file.string() + ": " + saved.error().message, tool::kExitOutput, terminal);
}

ExitCode SayLines(std::string text, Terminal& terminal) {
  if (text.ends_with('\n')) text.pop_back();
  return terminal.WriteOut(text) ? tool::kExitDone : tool::kExitOutput;
}

}  // namespace tbbthumbs::bench
