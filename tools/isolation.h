// --isolate: pictures are decoded by processes of their own.
#ifndef TBBTHUMBS_TOOLS_ISOLATION_H_
#define TBBTHUMBS_TOOLS_ISOLATION_H_

#include <memory>

#include "codecs/error.h"
#include "pipeline/job.h"
#include "tools/isolated_maker.h"
#include "tools/sandbox.h"

namespace tbbthumbs::tool {

// For the threads of such a job, started before this process has any, and before it locks itself in. Errors: kIo;
// kUnsupported where the job has too many sizes.
[[nodiscard]] Result<std::shared_ptr<IsolatedMaker>> StartIsolatedMaker(const JobOptions& job, SandboxMode mode);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_ISOLATION_H_
