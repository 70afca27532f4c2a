#include "tests/fuzz/jpeg_mutator.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "tests/fuzz/jpeg_data_mutator.h"
#include "tests/fuzz/jpeg_progressive_mutator.h"
#include "tests/support/jpeg_synthesis.h"

namespace tbbthumbs::fuzz {
namespace {

using Random = testing::SynthRandom;

constexpr uint8_t kSof0 = 0xC0;
constexpr uint8_t kSof1 = 0xC1;
constexpr uint8_t kDht = 0xC4;
constexpr uint8_t kDqt = 0xDB;
constexpr uint8_t kDri = 0xDD;
constexpr uint8_t kSos = 0xDA;

// A file, taken apart: the scan is between its header and the marker that ends it.
struct Parts {
  struct Segment {
    uint8_t marker;
    Bytes body;  // behind the length
  };
  std::vector<Segment> segments;  // the last is SOS
  Bytes scan;
  Bytes rest;

  Segment* Find(uint8_t marker, Random& random) {
    std::vector<Segment*> found;
    for (Segment& segment : segments) {
      if (segment.marker == marker) found.push_back(&segment);
    }
    return found.empty() ? nullptr : found[random() % found.size()];
  }
  Segment* Frame(Random& random) {
    Segment* frame = Find(kSof0, random);
    if (frame == nullptr) frame = Find(kSof1, random);
    return frame != nullptr && frame->body.size() >= 9 ? frame : nullptr;
  }
};

std::optional<Parts> TakeApart(const Bytes& jpeg) {
  Parts parts;
  if (jpeg.size() < 4 || jpeg[0] != 0xFF || jpeg[1] != 0xD8) return std::nullopt;
  size_t at = 2;
  do {
    if (jpeg.size() - at < 4 || jpeg[at] != 0xFF) return std::nullopt;
    const size_t length = static_cast<size_t>(jpeg[at + 2]) << 8 | jpeg[at + 3];
    if (length < 2 || jpeg.size() - at - 2 < length) return std::nullopt;
    parts.segments.push_back({jpeg[at + 1], Bytes(jpeg.begin() + at + 4, jpeg.begin() + at + 2 + length)});
    at += 2 + length;
  } while (parts.segments.back().marker != kSos);
  size_t end = at;
  while (end + 1 < jpeg.size() &&
         !(jpeg[end] == 0xFF && jpeg[end + 1] != 0 && jpeg[end + 1] != 0xFF && !IsRestart(jpeg[end + 1]))) {
    ++end;
  }
  if (end + 1 >= jpeg.size()) end = jpeg.size();
  parts.scan.assign(jpeg.begin() + at, jpeg.begin() + end);
  parts.rest.assign(jpeg.begin() + end, jpeg.end());
  return parts;
}

Bytes PutTogether(const Parts& parts) {
  Bytes jpeg = {0xFF, 0xD8};
  for (const Parts::Segment& segment : parts.segments) {
    const size_t length = segment.body.size() + 2;
    jpeg.insert(jpeg.end(),
                {0xFF, segment.marker, static_cast<uint8_t>(length >> 8), static_cast<uint8_t>(length & 0xFF)});
    jpeg.insert(jpeg.end(), segment.body.begin(), segment.body.end());
  }
  jpeg.insert(jpeg.end(), parts.scan.begin(), parts.scan.end());
  jpeg.insert(jpeg.end(), parts.rest.begin(), parts.rest.end());
  return jpeg;
}

void ChangeInterval(Parts& parts, Random& random) {
  constexpr uint8_t kIntervals[] = {0, 1, 2, 3, 7, 255};
  const Bytes body = {random() % 8 == 0 ? uint8_t{255} : uint8_t{0}, kIntervals[random() % 6]};
  if (Parts::Segment* segment = parts.Find(kDri, random)) {
    segment->body = body;
  } else {
    parts.segments.insert(parts.segments.begin(), {kDri, body});
  }
}

// Two symbols change places, or one becomes another.
void ChangeHuffman(Parts& parts, Random& random) {
  Parts::Segment* segment = parts.Find(kDht, random);
  if (segment == nullptr || segment->body.size() < 19) return;
  const size_t symbols = segment->body.size() - 17;
  uint8_t& one = segment->body[17 + random() % symbols];
  if (random() % 2 == 0) {
    std::swap(one, segment->body[17 + random() % symbols]);
  } else {
    one = static_cast<uint8_t>(random() >> 4);
  }
}

// A code moves to another length.
void ChangeLengths(Parts& parts, Random& random) {
  Parts::Segment* segment = parts.Find(kDht, random);
  if (segment == nullptr || segment->body.size() < 19) return;
  uint8_t& from = segment->body[1 + random() % 16];
  if (from == 0) return;
  --from;
  ++segment->body[1 + random() % 16];
}

void ChangeFrame(Parts& parts, Random& random) {
  Parts::Segment* frame = parts.Frame(random);
  if (frame == nullptr) return;
  const size_t components = (frame->body.size() - 6) / 3;
  if (random() % 8 == 0) {
    frame->body[8 + random() % components * 3] = static_cast<uint8_t>(random() % 8);  // which quantizers
  } else if (random() % 2 == 0) {
    frame->body[7 + random() % components * 3] =
        static_cast<uint8_t>((1 + random() % 4) << 4 | (1 + random() % (random() % 2 == 0 ? 2 : 4)));
  } else {
    const size_t side = 1 + random() % 2 * 2;
    frame->body[side] = 0;
    frame->body[side + 1] = static_cast<uint8_t>(1 + random() % 100);
  }
}

void ChangeQuantizer(Parts& parts, Random& random) {
  Parts::Segment* segment = parts.Find(kDqt, random);
  if (segment == nullptr || segment->body.size() < 8) return;
  segment->body[1 + random() % 7] = static_cast<uint8_t>(random() >> 4);
}

void ChangeHeader(Parts& parts, Random& random) {
  switch (random() % 5) {
    case 0:
      return ChangeInterval(parts, random);
    case 1:
      return ChangeHuffman(parts, random);
    case 2:
      return ChangeLengths(parts, random);
    case 3:
      return ChangeFrame(parts, random);
    default:
      return ChangeQuantizer(parts, random);
  }
}

// What the header says of the scan. Nothing where it is no baseline file of one scan, or a large one.
std::optional<testing::SynthJpeg> Describe(const Parts& parts) {
  constexpr int kMaxBlocks = 2000;
  testing::SynthJpeg jpeg;
  jpeg.components.clear();
  jpeg.dc.assign(4, {});
  jpeg.ac.assign(4, {});
  for (const Parts::Segment& segment : parts.segments) {
    const Bytes& body = segment.body;
    if ((segment.marker == kSof0 || segment.marker == kSof1) && body.size() >= 6) {
      jpeg.size = {body[3] << 8 | body[4], body[1] << 8 | body[2]};
      for (size_t at = 6; at + 2 < body.size(); at += 3)
        jpeg.components.push_back({body[at + 1] >> 4, body[at + 1] & 15});
    } else if (segment.marker == kDht) {
      for (size_t at = 0; at + 17 <= body.size();) {
        HuffmanSpec& spec = (body[at] >> 4 != 0 ? jpeg.ac : jpeg.dc)[body[at] & 3];
        std::copy_n(body.begin() + at + 1, 16, spec.counts.begin());
        const size_t symbols = std::accumulate(spec.counts.begin(), spec.counts.end(), size_t{0});
        at += 17;
        if (symbols > 256 || body.size() - at < symbols) return std::nullopt;
        spec.symbols = {};
        std::copy_n(body.begin() + at, symbols, spec.symbols.begin());
        at += symbols;
      }
    } else if (segment.marker == kDri && body.size() == 2) {
      jpeg.restart_interval = body[0] << 8 | body[1];
    } else if (segment.marker == kSos) {
      if (body.size() < 1 + 2 * jpeg.components.size()) return std::nullopt;
      for (size_t c = 0; c < jpeg.components.size(); ++c) {
        jpeg.components[c].dc = body[2 + 2 * c] >> 4 & 3;
        jpeg.components[c].ac = body[2 + 2 * c] & 3;
      }
    }
  }
  if (jpeg.components.empty() || jpeg.McuBlocks() < 1 || jpeg.McuBlocks() > 10) return std::nullopt;
  if (jpeg.McuColumns() * jpeg.McuRows() * jpeg.McuBlocks() > kMaxBlocks) return std::nullopt;
  return jpeg;
}

// Other data, which fit the header.
void Refit(Parts& parts, Random& random) {
  const auto jpeg = Describe(parts);
  if (!jpeg) return;
  Bytes scan = testing::RandomScan(random, *jpeg, random() % 4 == 0 ? 10 : 0);
  if (!scan.empty()) parts.scan = std::move(scan);
}

Bytes Synthesized(Random& random) {
  const int overrun = random() % 4 == 0 ? 1 + static_cast<int>(random() % 40) : 0;
  testing::SynthJpeg parts = testing::RandomJpeg(random, random() % 4 == 0 ? 100 : 48, overrun);
  if (overrun > 0) {
    const Bytes noise = Noise(random, 100);
    parts.scan.insert(parts.scan.end(), noise.begin(), noise.end());
  }
  const auto jpeg = testing::Assemble(parts);
  const auto* begin = reinterpret_cast<const uint8_t*>(jpeg.data());
  return Bytes(begin, begin + jpeg.size());
}

}  // namespace

void MutateJpeg(std::vector<uint8_t>& input, size_t capacity, unsigned seed, const MutateBytes& bytes) {
  Random random(seed);
  random.discard(2);  // neighbouring seeds begin alike
  const uint8_t choice = input.empty() || random() % 2 == 0 ? static_cast<uint8_t>(random() >> 8) : input.back();
  if (!input.empty()) input.pop_back();
  std::optional<Parts> parts;
  const unsigned kind = random() % 16;
  if (IsProgressive(input) ? kind >= 2 : kind == 0 && random() % 2 == 0) {
    MutateProgressive(input, random, bytes);
    input.push_back(choice);
    if (input.size() > capacity) input.resize(capacity);
    return;
  }
  if (kind >= 1) parts = TakeApart(input);
  if (kind == 1 && !input.empty()) {
    const size_t size = input.size();
    input.resize(std::max<size_t>(capacity, 1));
    input.resize(bytes(input.data(), size, input.size()));
  } else if (!parts) {
    input = Synthesized(random);
  } else {
    const auto header_changes = random() % 3;
    for (auto i = header_changes; i > 0; --i) ChangeHeader(*parts, random);
    if (header_changes > 0 && random() % 4 != 0) Refit(*parts, random);
    const auto data_changes = header_changes == 0 ? 1 + random() % 2 : random() % 2;
    for (auto i = data_changes; i > 0; --i) ChangeScanData(parts->scan, random, bytes);
    // Data that decode to other symbols than before are too few as often as too many.
    if (data_changes > 0 && random() % 2 == 0) {
      const Bytes noise = Noise(random, 8 + random() % 200);
      parts->scan.insert(parts->scan.end(), noise.begin(), noise.end());
    }
    input = PutTogether(*parts);
  }
  input.push_back(choice);
  if (input.size() > capacity) input.resize(capacity);
}

}  // namespace tbbthumbs::fuzz
