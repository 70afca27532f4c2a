#include "tests/fuzz/jpeg_data_mutator.h"

#include <algorithm>
#include <utility>

namespace tbbthumbs::fuzz {
namespace {

using Random = testing::SynthRandom;

// Makes sure that FF is followed by zero or a restart marker.
void Stuff(Bytes& scan) {
  Bytes stuffed;
  for (size_t i = 0; i < scan.size(); ++i) {
    stuffed.push_back(scan[i]);
    if (scan[i] != 0xFF) continue;
    const bool fine = i + 1 < scan.size() && (scan[i + 1] == 0 || IsRestart(scan[i + 1]));
    stuffed.push_back(fine ? scan[++i] : uint8_t{0});
  }
  scan = std::move(stuffed);
}

void ChangeScan(Bytes& scan, Random& random, const MutateBytes& bytes) {
  if (scan.empty()) return;
  const size_t first = random() % scan.size();
  const size_t size = std::min<size_t>(scan.size() - first, 1 + random() % 64);
  Bytes part(scan.begin() + first, scan.begin() + first + size);
  part.resize(size + 32);
  part.resize(bytes(part.data(), size, part.size()));
  scan.erase(scan.begin() + first, scan.begin() + first + size);
  scan.insert(scan.begin() + first, part.begin(), part.end());
  if (random() % 8 != 0) Stuff(scan);
}

void FlipBits(Bytes& scan, Random& random) {
  for (auto i = 1 + random() % 4; i > 0 && !scan.empty(); --i) {
    scan[random() % scan.size()] ^= static_cast<uint8_t>(1U << random() % 8);
  }
  Stuff(scan);
}

void CutOrRepeat(Bytes& scan, Random& random) {
  if (scan.empty()) return;
  const size_t at = random() % scan.size();
  const size_t count = std::min<size_t>(scan.size() - at, 1 + random() % 40);
  const auto first = scan.begin() + at;
  if (random() % 2 == 0) {
    scan.erase(first, first + count);
  } else {
    const Bytes part(first, first + count);
    scan.insert(first, part.begin(), part.end());
  }
  if (random() % 4 != 0) Stuff(scan);
}

void AddMarker(Bytes& scan, Random& random) {
  const size_t at = random() % (scan.size() + 1);
  const uint8_t marker = random() % 8 == 0 ? static_cast<uint8_t>(random()) : static_cast<uint8_t>(0xD0 + random() % 8);
  scan.insert(scan.begin() + at, {0xFF, marker});
}

void RemoveMarker(Bytes& scan, Random& random) {
  const size_t from = random() % (scan.size() + 1);
  for (size_t i = from; i + 1 < scan.size(); ++i) {
    if (scan[i] != 0xFF || !IsRestart(scan[i + 1])) continue;
    scan.erase(scan.begin() + i, scan.begin() + i + 2);
    return;
  }
}

}  // namespace

Bytes Noise(Random& random, size_t count) {
  Bytes noise;
  for (size_t i = 0; i < count; ++i) {
    noise.push_back(random() % 16 == 0 ? uint8_t{0xFF} : static_cast<uint8_t>(random() >> 8));
    if (noise.back() == 0xFF) noise.push_back(0);
  }
  return noise;
}

void ChangeScanData(Bytes& scan, Random& random, const MutateBytes& bytes) {
  switch (random() % 8) {
    case 0:
    case 1:
    case 2:
      return ChangeScan(scan, random, bytes);
    case 3:
    case 4:
      return FlipBits(scan, random);
    case 5:
      return CutOrRepeat(scan, random);
    case 6:
      return AddMarker(scan, random);
    default:
      return RemoveMarker(scan, random);
  }
}

}  // namespace tbbthumbs::fuzz
