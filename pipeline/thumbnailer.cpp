#include "pipeline/thumbnailer.h"

#include <exception>
#include <new>
#include <utility>

#include "codecs/thumbnail.h"

namespace tbbthumbs {
namespace {

// What was read counts only if the file stayed as it was: bytes of two versions may look damaged, or may not.
Result<Made> Checked(Result<Made> made, ByteSource& source) {
  if (!made && made.error().code == ErrorCode::kStopped) return made;
  if (Status status = source.CheckUnchanged(); !status) return tl::unexpected<Error>(std::move(status.error()));
  return made;
}

}  // namespace

Thumbnailer::Thumbnailer(const SpecSet& specs, const DecodeLimits& limits, size_t kept_bytes, std::stop_token closed,
                         std::stop_token stop)
    : specs_(specs), limits_(limits), kept_bytes_(kept_bytes), closed_(std::move(closed)), stop_(std::move(stop)) {}

void Thumbnailer::Process(Item& item) {
  if (item.ended) return;
  const StageTimer timer(item.result.stages, Stage::kThumbnail);
  item.claim.BeginWork();
  if (closed_.stop_requested() || stop_.stop_requested()) {
    item.Fail({ErrorCode::kStopped, "stopped"});
  } else {
    try {
      const Watch watch(limits_, {});
      std::unique_ptr<Workspace> workspace = Borrow();
      auto made = Checked(MakeThumbnails(*item.source, specs_, limits_, *workspace, stop_), *item.source);
      Return(std::move(workspace));
      if (made) {
        item.result.format = made->info.format;
        item.result.size = made->info.size;
        item.result.decoder = std::move(made->decode.path);
        item.result.damage = std::move(made->decode.damage);
        item.result.placeholders = std::move(made->placeholders);
        item.result.cpu_time = made->cpu_time;
        item.thumbnails = std::move(made->thumbnails);
      } else {
        item.result.cpu_time = watch.Used();
        item.Fail(std::move(made.error()));
      }
    } catch (const std::bad_alloc&) {
      item.Fail({ErrorCode::kOutOfMemory, "no memory left"});
    } catch (const std::exception& error) {
      item.Fail({ErrorCode::kInternal, error.what()});
    }
  }
  item.source.reset();
  size_t thumbnail_bytes = 0;
  for (const Encoded& thumbnail : item.thumbnails) thumbnail_bytes += thumbnail.bytes.size();
  item.claim.ShrinkTo(thumbnail_bytes);
}

std::unique_ptr<Workspace> Thumbnailer::Borrow() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      // The one used last: its memory is warm.
      std::unique_ptr<Workspace> workspace = std::move(idle_.back());
      idle_.pop_back();
      return workspace;
    }
    ++made_;
  }
  return std::make_unique<Workspace>();
}

void Thumbnailer::Return(std::unique_ptr<Workspace> workspace) {
  workspace->Trim(kept_bytes_);
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(workspace));
}

int Thumbnailer::peak_at_once() const {
  const std::lock_guard lock(mutex_);
  return made_;
}

}  // namespace tbbthumbs
