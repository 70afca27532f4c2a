#ifndef TBBTHUMBS_PIPELINE_THREAD_NAME_H_
#define TBBTHUMBS_PIPELINE_THREAD_NAME_H_

#include <string>

namespace tbbthumbs {

// Names the calling thread for top, ps and debuggers; at most 15 bytes are kept.
void NameThisThread(const std::string& name);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_THREAD_NAME_H_
