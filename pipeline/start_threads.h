// Threads that do the same, as many as the system gives.
#ifndef TBBTHUMBS_PIPELINE_START_THREADS_H_
#define TBBTHUMBS_PIPELINE_START_THREADS_H_

#include <functional>
#include <thread>
#include <vector>

namespace tbbthumbs {

// What stays of those that could be started where one could not.
enum class Shortage {
  kHalve,      // half of them: there is much to start after them
  kLeaveSome,  // all but three: there is little to start after them
};

// Starts up to `wanted` threads, each of which calls `work` with a number of its own, from 0. None begins before it is
// known how many there are. Where the system refuses one, or one more (its limits of processes or memory), only some of
// those before it stay, so that whoever needs a thread later gets one; at least one stays, if there was one. Throws
// nothing.
std::vector<std::jthread> StartThreads(int wanted, Shortage shortage, std::function<void(int)> work);

// Starts one that a run can't do without. The system counts threads that have just ended for a moment longer: where it
// refuses one, it is asked again for a tenth of a second. Then throws as std::jthread does.
std::jthread StartThread(const std::function<void()>& work);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_START_THREADS_H_
