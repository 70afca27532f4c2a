#include "pipeline/settling_changes.h"

#include <algorithm>
#include <utility>

namespace tbbthumbs {

void SettlingChanges::Changed(int directory, Time now) {
  Directory& entry = directories_[directory];
  if (!std::exchange(entry.changed, true)) entry.first = now;
  entry.last = last_ = now;
  LookAt(now + std::min(times_.settle, times_.patience));
}

void SettlingChanges::Writing(int directory, std::string_view file, Time now) {
  auto& writing = directories_[directory].writing;
  last_ = now;
  const auto at = writing.find(file);
  if (at != writing.end()) {
    at->second = now;
  } else {
    writing.emplace(file, now);
    LookAt(now + times_.silence);
  }
}

bool SettlingChanges::StopWriting(int directory, std::string_view file) {
  const auto entry = directories_.find(directory);
  if (entry == directories_.end()) return false;
  const auto at = entry->second.writing.find(file);
  if (at == entry->second.writing.end()) return false;
  entry->second.writing.erase(at);
  // All that was waited for, perhaps.
  if (const auto due = DueOf(entry->second)) LookAt(*due);
  if (all_changed_) LookAt(DueOfAll());
  return true;
}

bool SettlingChanges::IsWriting(int directory, std::string_view file) const {
  const auto entry = directories_.find(directory);
  return entry != directories_.end() && entry->second.writing.find(file) != entry->second.writing.end();
}

void SettlingChanges::Gone(TreePath path, Time now) {
  gone_.push_back({std::move(path), now});
  last_ = now;
  LookAt(now + times_.settle);
}

bool SettlingChanges::HasGone(const TreePath& directory) const {
  return std::any_of(gone_.begin(), gone_.end(), [&](const GoneAt& gone) { return LiesIn(directory, gone.path); });
}

void SettlingChanges::AllChanged(Time now) {
  if (!all_changed_) all_changed_ = now;
  last_ = now;
  LookAt(now + std::min(times_.settle, times_.patience));
}

void SettlingChanges::Forget(int directory) { directories_.erase(directory); }

std::optional<SettlingChanges::Time> SettlingChanges::DueOf(const Directory& directory) const {
  if (!directory.changed) return std::nullopt;
  const Time latest = directory.first + times_.patience;
  return directory.writing.empty() ? std::min(directory.last + times_.settle, latest) : latest;
}

SettlingChanges::Time SettlingChanges::DueOfAll() const {
  const Time latest = *all_changed_ + times_.patience;
  const bool writing = std::any_of(directories_.begin(), directories_.end(),
                                   [](const auto& entry) { return !entry.second.writing.empty(); });
  return writing ? latest : std::min(last_ + times_.settle, latest);
}

void SettlingChanges::EndSilence(Time now) {
  for (auto& [directory, entry] : directories_) {
    const size_t closed =
        std::erase_if(entry.writing, [&](const auto& file) { return now - file.second >= times_.silence; });
    if (closed > 0) Changed(directory, now);
    for (const auto& [file, written] : entry.writing) LookAt(written + times_.silence);
  }
}

SettlingChanges::Ready SettlingChanges::TakeAll() {
  for (auto& [directory, entry] : directories_) entry.changed = false;
  gone_.clear();
  all_changed_.reset();
  Ready ready;
  ready.everything = true;
  return ready;
}

std::optional<SettlingChanges::Ready> SettlingChanges::Take(Time now) {
  if (now < earliest_) return std::nullopt;
  earliest_ = Time::max();
  EndSilence(now);
  std::optional<Ready> ready;
  if (all_changed_) {
    const Time due = DueOfAll();
    if (due <= now) {
      ready = TakeAll();
    } else {
      LookAt(due);
    }
  } else {
    ready.emplace();
    for (auto& [directory, entry] : directories_) {
      const auto due = DueOf(entry);
      if (!due) continue;
      if (*due <= now) {
        ready->directories.push_back(directory);
        entry.changed = false;
      } else {
        LookAt(*due);
      }
    }
    // With any directory, as that may have taken the place of what has gone.
    const bool take_gone = !ready->directories.empty() || (!gone_.empty() && gone_.front().at + times_.settle <= now);
    if (take_gone) {
      for (GoneAt& gone : gone_) ready->gone.push_back(std::move(gone.path));
      gone_.clear();
    } else if (!gone_.empty()) {
      LookAt(gone_.front().at + times_.settle);
    }
    if (ready->directories.empty() && ready->gone.empty()) ready.reset();
  }
  std::erase_if(directories_, [](const auto& entry) { return !entry.second.changed && entry.second.writing.empty(); });
  return ready;
}

}  // namespace tbbthumbs
