// What options say of how a command works: all but its inputs, sizes and names.
#ifndef TBBTHUMBS_TOOLS_READ_JOB_H_
#define TBBTHUMBS_TOOLS_READ_JOB_H_

#include <filesystem>
#include <optional>
#include <string>

#include "pipeline/job.h"
#include "tools/command_config.h"
#include "tools/option_reader.h"

namespace tbbthumbs::tool {

// All but the inputs and how it is shown.
void ReadJob(OptionReader& reader, JobOptions& job);

// A file's path: of a directory it would be told late, and an empty one left.
Parsed<std::filesystem::path> ParseJournal(const std::string& text);

// How it gives way to others.
void ReadManners(OptionReader& reader, bool& nice, std::optional<double>& max_load);

void ReadSandbox(OptionReader& reader, SandboxMode& mode);

void ReadDisplay(OptionReader& reader, DisplayConfig& display);

// Placeholders go into records alone.
void CheckPlaceholders(OptionReader& reader, const MakeConfig& config);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_READ_JOB_H_
