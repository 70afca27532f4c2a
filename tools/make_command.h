#ifndef TBBTHUMBS_TOOLS_MAKE_COMMAND_H_
#define TBBTHUMBS_TOOLS_MAKE_COMMAND_H_

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "pipeline/run_summary.h"
#include "tools/command_config.h"
#include "tools/exit_codes.h"
#include "tools/terminal.h"

namespace tbbthumbs::tool {

// What a run is a part of.
struct RunHooks {
  // What to do; or nothing any more, when it has said why. Signals are taken care of already: when one has come,
  // `go_on` is false, and the job will soon be over.
  std::function<std::variant<MakeConfig, ExitCode>(const std::function<bool()>& go_on)> prepare;
  // Before each result is reported, one call at a time. False: the run is to end.
  std::function<bool(const PictureResult&)> on_result{};
  // When nothing of the run is open any more.
  std::function<ExitCode(const RunSummary&, int signal)> on_end;
  // Said after that, unless all is to be quiet.
  std::function<std::vector<std::string>(const RunSummary&)> summary_lines;
  // As in MakeConfig.
  bool nice = false;
  std::optional<double> max_load{};
  // When the job could not be started.
  std::function<ExitCode(const Error&)> exit_code_of_start = [](const Error& error) { return ExitCodeOf(error); };
  // See SignalActions.
  std::function<int(int signal)> exit_code_of_signal = ExitCodeOfSignal;
  bool repeats_are_one = false;
};

// Starts the job, shows how far it is, ends it early when a signal asks for that or nobody reads the JSON any more, and
// reports. Call it before any other thread is started.
ExitCode RunWith(const RunHooks& hooks, const DisplayConfig& display, Terminal& terminal);

// Makes the thumbnails: RunWith without more.
ExitCode RunMake(MakeConfig config, Terminal& terminal);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_MAKE_COMMAND_H_
