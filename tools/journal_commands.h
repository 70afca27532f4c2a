// What the command says of earlier runs.
#ifndef TBBTHUMBS_TOOLS_JOURNAL_COMMANDS_H_
#define TBBTHUMBS_TOOLS_JOURNAL_COMMANDS_H_

#include <memory>

#include "pipeline/journal_store.h"
#include "tools/command_config.h"
#include "tools/exit_codes.h"
#include "tools/terminal.h"

namespace tbbthumbs::tool {

// Says on standard output what the journal counts, and the last runs.
ExitCode RunStatus(const StatusConfig& config, Terminal& terminal);

// Says on standard output which inputs failed.
ExitCode RunFailed(const FailedConfig& config, Terminal& terminal);

// The journal that a command is asked about, which it never makes. The error's message is for people and names the
// journal.
Result<std::unique_ptr<JournalStore>> OpenJournal(const JournalConfig& where, JournalStore::Mode mode);

// The same of an error that came later.
Error JournalError(const JournalConfig& where, const Error& error);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_JOURNAL_COMMANDS_H_
