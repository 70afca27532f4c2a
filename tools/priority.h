// Giving way to other programs.
#ifndef TBBTHUMBS_TOOLS_PRIORITY_H_
#define TBBTHUMBS_TOOLS_PRIORITY_H_

namespace tbbthumbs::tool {

// What the CPU time of this program is worth beside others' in the background: about a tenth.
inline constexpr int kBackgroundNice = 10;

// Niceness of at least kBackgroundNice (one that is higher already stays), and the disks only while nobody else wants
// them, where the system can do that; of the calling thread and all that it starts from then on, so call it before any
// is started. Returns errno of what failed about the niceness, 0 if nothing did.
int GiveWay();

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_PRIORITY_H_
