#include "tests/fuzz/jpeg_progressive_mutator.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "tests/support/jpeg_fixture.h"

namespace tbbthumbs::fuzz {
namespace {

using Random = testing::SynthRandom;

constexpr uint8_t kSof2 = 0xC2;
constexpr uint8_t kDht = 0xC4;
constexpr uint8_t kEoi = 0xD9;
constexpr uint8_t kSos = 0xDA;
constexpr uint8_t kDqt = 0xDB;
constexpr uint8_t kDri = 0xDD;

// A segment behind its length, and of a scan the data behind it.
struct Piece {
  uint8_t marker;
  Bytes body;
  Bytes data;
};

// All segments up to the end of image; what is no segment ends the list.
std::vector<Piece> TakeApart(const Bytes& jpeg) {
  std::vector<Piece> pieces;
  for (size_t at = 2; jpeg.size() >= at + 4 && jpeg[at] == 0xFF && jpeg[at + 1] != kEoi;) {
    const size_t length = static_cast<size_t>(jpeg[at + 2]) << 8 | jpeg[at + 3];
    if (length < 2 || jpeg.size() - at - 2 < length) break;
    const auto body = jpeg.begin() + static_cast<ptrdiff_t>(at) + 4;
    Piece piece{jpeg[at + 1], Bytes(body, body + static_cast<ptrdiff_t>(length) - 2), {}};
    at += 2 + length;
    while (piece.marker == kSos && at < jpeg.size()) {
      const uint8_t next = at + 1 < jpeg.size() ? jpeg[at + 1] : uint8_t{0};
      if (jpeg[at] == 0xFF && next != 0 && next != 0xFF && !IsRestart(next)) break;
      piece.data.push_back(jpeg[at++]);
    }
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

Bytes PutTogether(const std::vector<Piece>& pieces, bool end) {
  Bytes jpeg = {0xFF, 0xD8};
  for (const Piece& piece : pieces) {
    const size_t length = piece.body.size() + 2;
    jpeg.insert(jpeg.end(),
                {0xFF, piece.marker, static_cast<uint8_t>(length >> 8), static_cast<uint8_t>(length & 0xFF)});
    jpeg.insert(jpeg.end(), piece.body.begin(), piece.body.end());
    jpeg.insert(jpeg.end(), piece.data.begin(), piece.data.end());
  }
  if (end) jpeg.insert(jpeg.end(), {0xFF, kEoi});
  return jpeg;
}

std::vector<size_t> Find(const std::vector<Piece>& pieces, uint8_t marker) {
  std::vector<size_t> found;
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].marker == marker) found.push_back(i);
  }
  return found;
}

int Below(Random& random, int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); }

// Scans that a decoder takes: DC in one scan or several, AC in bands, both with bits that come later or never.
std::vector<testing::JpegScan> RandomScript(Random& random, int components) {
  std::vector<std::vector<testing::JpegScan>> first;  // DC scans, each with its refinements
  const auto with_refinements = [&](testing::JpegScan scan) {
    std::vector<testing::JpegScan> scans;
    scan.low = Below(random, 4);
    for (scans.push_back(scan); scan.low > 0; scans.push_back(scan)) {
      scan.high = scan.low--;
    }
    return scans;
  };
  std::vector<std::vector<int>> groups;
  switch (components == 1 ? 0 : Below(random, 3)) {
    case 0:
      groups.emplace_back();
      for (int c = 0; c < components; ++c) groups.back().push_back(c);
      break;
    case 1:
      for (int c = 0; c < components; ++c) groups.push_back({c});
      break;
    default:
      groups = {{0}, {1, 2}};
  }
  for (const auto& group : groups) first.push_back(with_refinements({group}));
  std::vector<testing::JpegScan> script;
  std::vector<std::vector<testing::JpegScan>> later;
  for (auto& scans : first) {
    script.push_back(scans.front());
    scans.erase(scans.begin());
    if (!scans.empty()) later.push_back(std::move(scans));
  }
  for (int c = 0; c < components; ++c) {
    for (int begin = 1; begin < 64;) {
      const int end = Below(random, 3) == 0 ? 63 : std::min(63, begin + Below(random, 8));
      if (Below(random, 16) != 0) later.push_back(with_refinements({{c}, begin, end}));
      begin = end + 1;
    }
  }
  // In any order, but each refinement behind what it refines.
  while (!later.empty()) {
    const size_t which = random() % (random() % 2 == 0 ? 1 : later.size());
    script.push_back(later[which].front());
    later[which].erase(later[which].begin());
    if (later[which].empty()) later.erase(later.begin() + static_cast<ptrdiff_t>(which));
  }
  return script;
}

Bytes Synthesized(Random& random) {
  testing::JpegFixture fixture{.size = {1 + Below(random, 90), 1 + Below(random, 90)}, .progressive = true};
  const bool gray = Below(random, 4) == 0;
  if (gray) fixture.color = testing::JpegColor::kGray;
  fixture.luma_sampling = {1 + Below(random, 2), 1 + Below(random, 2)};
  fixture.quality = 20 + Below(random, 80);
  if (Below(random, 3) == 0) fixture.restart_mcus = 1 + Below(random, 12);
  if (Below(random, 8) != 0) fixture.script = RandomScript(random, gray ? 1 : 3);
  const int noise = 1 + Below(random, 200);
  const int flat = Below(random, 90);
  fixture.paint = [&](int x, int y, uint8_t* sample) {
    for (int c = 0; c < (gray ? 1 : 3); ++c) {
      sample[c] = static_cast<uint8_t>(x < flat ? 90 : x * (c + 1) + y * 2 + Below(random, noise));
    }
  };
  const auto jpeg = testing::MakeJpeg(fixture);
  const auto* begin = reinterpret_cast<const uint8_t*>(jpeg.data());
  return Bytes(begin, begin + jpeg.size());
}

// The four numbers behind the components of a scan's header.
void ChangeBand(Piece& scan, Random& random) {
  if (scan.body.size() < 6) return;
  uint8_t* const band = scan.body.data() + scan.body.size() - 3;
  switch (random() % 6) {
    case 0:
      band[0] = static_cast<uint8_t>(random() % 8);
      break;
    case 1:
      band[1] = static_cast<uint8_t>(random() % 8 == 0 ? random() % 256 : band[0] + random() % 8);
      break;
    case 2:  // high
      band[2] = static_cast<uint8_t>((random() % 4) << 4 | (band[2] & 15));
      break;
    case 3:  // low
      band[2] = static_cast<uint8_t>((band[2] & 0xF0) | random() % 4);
      break;
    case 4:  // a refinement
      band[2] = static_cast<uint8_t>((band[2] & 15) << 4 | std::max(0, (band[2] & 15) - 1));
      break;
    default:
      band[2] = static_cast<uint8_t>(random() % 14 << 4 | random() % 14);
  }
}

// Another component, another table, or components in another order.
void ChangeComponents(Piece& scan, Random& random) {
  if (scan.body.size() < 6) return;
  const size_t parts = (scan.body.size() - 4) / 2;
  uint8_t* const part = scan.body.data() + 1 + 2 * (random() % parts);
  switch (random() % 4) {
    case 0:
      part[0] = static_cast<uint8_t>(1 + random() % 3);
      break;
    case 1:
      part[1] = static_cast<uint8_t>(random() % 2 << 4 | random() % 2);
      break;
    case 2:
      std::swap_ranges(part, part + 2, scan.body.data() + 1);
      break;
    default:
      if (parts < 2) return;
      scan.body.erase(scan.body.begin() + 1, scan.body.begin() + 3);
      scan.body[0] = static_cast<uint8_t>(parts - 1);
  }
}

void ChangeSegment(std::vector<Piece>& pieces, Random& random) {
  constexpr uint8_t kKinds[] = {kDht, kDht, kDqt, kDri, kSof2};
  const uint8_t marker = kKinds[random() % std::size(kKinds)];
  const auto found = Find(pieces, marker);
  if (marker == kDri && (found.empty() || random() % 2 == 0)) {
    const auto at = static_cast<ptrdiff_t>(1 + random() % (pieces.size() - 1));
    pieces.insert(pieces.begin() + at, {kDri, {0, static_cast<uint8_t>(random() % 9)}, {}});
    return;
  }
  if (found.empty()) return;
  const size_t which = found[random() % found.size()];
  Bytes& body = pieces[which].body;
  if (random() % 6 == 0 && marker != kSof2) {
    // Lost, or somewhere else.
    Piece piece = std::move(pieces[which]);
    pieces.erase(pieces.begin() + static_cast<ptrdiff_t>(which));
    const auto at = static_cast<ptrdiff_t>(random() % (pieces.size() + 1));
    if (random() % 2 == 0) pieces.insert(pieces.begin() + at, std::move(piece));
    return;
  }
  if (marker == kSof2) {
    if (body.size() < 9) return;
    const size_t components = (body.size() - 6) / 3;
    if (random() % 2 == 0) {
      body[7 + random() % components * 3] = static_cast<uint8_t>((1 + random() % 3) << 4 | (1 + random() % 3));
    } else {
      body[random() % 2 == 0 ? 2 : 4] = static_cast<uint8_t>(1 + random() % 100);
    }
  } else if (!body.empty()) {
    // Of tables the end has the symbols, and the rarest of them.
    const size_t first = marker == kDht && body.size() > 18 && random() % 4 != 0 ? 17 : 0;
    body[first + random() % (body.size() - first)] = static_cast<uint8_t>(random() % (random() % 2 == 0 ? 256 : 20));
  }
}

void ChangeScans(std::vector<Piece>& pieces, Random& random, const MutateBytes& bytes) {
  const auto scans = Find(pieces, kSos);
  if (scans.empty()) return;
  const size_t which = scans[random() % scans.size()];
  const size_t other = scans[random() % scans.size()];
  Piece& scan = pieces[which];
  const auto place = pieces.begin() + static_cast<ptrdiff_t>(which);
  switch (random() % 12) {
    case 0:
      pieces.erase(place);
      break;
    case 1:
      pieces.insert(pieces.begin() + static_cast<ptrdiff_t>(other), Piece(scan));
      break;
    case 2:
      std::swap(scan, pieces[other]);
      break;
    case 3:
      std::swap(scan.data, pieces[other].data);
      break;
    case 4:
      scan.data.resize(random() % (scan.data.size() + 1));
      break;
    case 5:
      scan.data = Noise(random, random() % 200);
      break;
    case 6: {
      const Bytes noise = Noise(random, random() % 40);
      scan.data.insert(scan.data.end(), noise.begin(), noise.end());
      break;
    }
    case 7:
    case 8:
      ChangeBand(scan, random);
      break;
    case 9:
      ChangeComponents(scan, random);
      break;
    default:
      ChangeScanData(scan.data, random, bytes);
  }
}

}  // namespace

bool IsProgressive(const Bytes& jpeg) {
  for (size_t at = 2; jpeg.size() >= at + 4 && jpeg[at] == 0xFF && jpeg[at + 1] != kSos;) {
    if (jpeg[at + 1] == kSof2) return true;
    at += 2 + std::max<size_t>(2, static_cast<size_t>(jpeg[at + 2]) << 8 | jpeg[at + 3]);
  }
  return false;
}

void MutateProgressive(Bytes& jpeg, Random& random, const MutateBytes& bytes) {
  std::vector<Piece> pieces = TakeApart(jpeg);
  // Often: a fuzzer makes several changes in a row, after which few files are fine.
  if (pieces.empty() || random() % 4 == 0) {
    jpeg = Synthesized(random);
    if (random() % 2 == 0) return;
    pieces = TakeApart(jpeg);
  }
  for (auto changes = 1 + random() % 3; changes > 0 && pieces.size() > 1; --changes) {
    if (random() % 4 == 0) {
      ChangeSegment(pieces, random);
    } else {
      ChangeScans(pieces, random, bytes);
    }
  }
  jpeg = PutTogether(pieces, random() % 16 != 0);
}

}  // namespace tbbthumbs::fuzz
