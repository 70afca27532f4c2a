#include "tools/decoder_messages.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tbbthumbs::tool {
namespace {

// Nothing in it as it is by itself.
PictureRequest FullRequest() {
  PictureRequest request;
  request.header_only = true;
  request.bytes = 12'345'678'901;
  request.resident_bytes = 4711;
  request.kept_bytes = 99;
  request.limits.max_side = 1234;
  request.limits.cpu_deadline = std::chrono::milliseconds(77);
  SizeSpec first;
  first.width = 100;
  first.height = 0;
  first.percent = 12.5;
  first.fit = Fit::kPad;
  first.scaling = Scaling::kBoth;
  first.gravity = Gravity::kEntropy;
  first.density = 3;
  first.quality = 31;
  first.max_bytes = 5000;
  first.sharpen = 1.5;
  first.name = "small";
  SpecSet& specs = request.specs;
  specs.sizes = {first, SizeSpec{}};
  specs.kernel = Kernel::kMitchell;
  specs.linear = true;
  specs.sharpen = 0.5;
  specs.format = OutputFormat::kAuto;
  specs.quality = 55;
  specs.progressive = true;
  specs.optimize = true;
  specs.chroma = Chroma::k444;
  specs.max_bytes = 12'000;
  specs.png_level = 3;
  specs.palette = 17;
  specs.dither = false;
  specs.placeholders = {.blurhash = true, .thumbhash = true};
  specs.background = {1, 2, 3};
  specs.blurred_border = true;
  specs.color = ColorSpace::kDisplayP3;
  specs.intent = Intent::kAbsolute;
  specs.keep = {.icc = true, .exif = true, .xmp = true, .copyright = true};
  specs.strictness = Strictness::kSalvage;
  specs.fast = true;
  specs.small = true;
  specs.decoder = DecoderChoice::kTurbo;
  return request;
}

constexpr uint64_t kMost = 8000;

PictureAnswer FullAnswer() {
  PictureAnswer answer;
  answer.error = Error{ErrorCode::kTooLarge, "a reason"};
  answer.header = {{3, 4}, CalendarTime{2020, 2, 3, 4, 5, 6}, "a camera", 1'000'000};
  answer.made.info.format = Format::kPng;
  answer.made.info.size = {30, 40};
  answer.made.decode.path = "libpng";
  answer.made.decode.damage = Error{ErrorCode::kCorrupt, "a hole"};
  answer.made.cpu_time = std::chrono::microseconds(4);
  answer.made.placeholders = Placeholders{"blur", "thumb", {7, 8, 9}};
  answer.made.thumbnails.resize(2);
  answer.made.thumbnails[1].size = {5, 6};
  answer.made.thumbnails[1].format = OutputFormat::kPng;
  answer.thumbnail_bytes = {1, 2};
  return answer;
}

std::vector<DecoderMessage> AllKinds() {
  return {DecoderStart{5, 17},
          DecoderHello{},
          FullRequest(),
          ReadRequest{5, 6},
          ReadAnswer{7, Error{ErrorCode::kIo, "no"}},
          FullAnswer(),
          MoreBytes{},
          DecoderEnd{5, 9, 1, std::chrono::seconds(2)}};
}

TEST(DecoderMessages, ComeOutAsTheyWent) {
  for (const DecoderMessage& message : AllKinds()) {
    const auto bytes = Pack(message);
    DecoderMessage out;
    ASSERT_TRUE(Unpack(bytes, out)) << message.index();
    EXPECT_EQ(out.index(), message.index());
    EXPECT_EQ(Pack(out), bytes) << message.index();
  }
}

TEST(DecoderMessages, LoseNothing) {
  DecoderMessage out;
  ASSERT_TRUE(Unpack(Pack(FullRequest()), out));
  const auto& request = std::get<PictureRequest>(out);
  EXPECT_TRUE(request.header_only);
  EXPECT_EQ(request.bytes, 12'345'678'901U);
  EXPECT_EQ(request.resident_bytes, 4711U);
  EXPECT_EQ(request.kept_bytes, 99U);
  EXPECT_EQ(request.limits.max_side, 1234);
  EXPECT_EQ(request.limits.cpu_deadline, std::chrono::milliseconds(77));
  EXPECT_EQ(request.specs.sizes, FullRequest().specs.sizes);
  EXPECT_EQ(request.specs.placeholders.thumbhash, true);
  EXPECT_EQ(request.specs.strictness, Strictness::kSalvage);
  EXPECT_EQ(request.specs.decoder, DecoderChoice::kTurbo);
  EXPECT_EQ(request.specs.background.blue, 3);

  ASSERT_TRUE(Unpack(Pack(FullAnswer()), out));
  const auto& answer = std::get<PictureAnswer>(out);
  EXPECT_EQ(answer.error, FullAnswer().error);
  EXPECT_EQ(answer.header.taken, FullAnswer().header.taken);
  EXPECT_EQ(answer.header.camera, "a camera");
  EXPECT_EQ(answer.header.working_bytes, 1'000'000U);
  EXPECT_EQ(answer.made.decode.damage, FullAnswer().made.decode.damage);
  EXPECT_EQ(answer.made.placeholders->thumbhash, "thumb");
  EXPECT_EQ(answer.made.thumbnails[1].format, OutputFormat::kPng);
  EXPECT_EQ(answer.thumbnail_bytes, (std::vector<uint64_t>{1, 2}));
}

TEST(DecoderMessages, WhatIsCutOrTooLongIsNone) {
  for (const DecoderMessage& message : AllKinds()) {
    auto bytes = Pack(message);
    DecoderMessage out;
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(Unpack(std::span(bytes).first(size), out)) << message.index() << " cut to " << size;
    }
    bytes.push_back(std::byte{0});
    EXPECT_FALSE(Unpack(bytes, out)) << message.index();
  }
}

// Whatever comes, what is taken for a message can be written down again.
TEST(DecoderMessages, NonsenseHarmsNobody) {
  std::minstd_rand random(3);
  int taken = 0;
  for (const DecoderMessage& message : AllKinds()) {
    const auto whole = Pack(message);
    for (int i = 0; i < 20'000; ++i) {
      auto bytes = whole;
      for (unsigned n = 1 + random() % 4; n > 0; --n) bytes[random() % bytes.size()] = static_cast<std::byte>(random());
      DecoderMessage out;
      if (!Unpack(bytes, out)) continue;
      ++taken;
      EXPECT_EQ(Pack(out).size(), bytes.size());
    }
  }
  EXPECT_GT(taken, 1000);
}

TEST(DecoderMessages, AnswersThatCantBeAreNone) {
  PictureRequest request = FullRequest();
  request.header_only = false;
  PictureAnswer good = FullAnswer();
  good.error.reset();
  good.made.thumbnails[0].size = {1, 1};
  EXPECT_TRUE(IsAnswerTo(request, good, kMost));
  const auto refuses = [&](const std::function<void(PictureAnswer&)>& change) {
    PictureAnswer answer = good;
    change(answer);
    return !IsAnswerTo(request, answer, kMost);
  };
  EXPECT_TRUE(refuses([](PictureAnswer& a) { a.made.thumbnails.pop_back(); }));
  EXPECT_TRUE(refuses([](PictureAnswer& a) { a.thumbnail_bytes.push_back(1); }));
  EXPECT_TRUE(refuses([](PictureAnswer& a) { a.thumbnail_bytes[1] = UINT64_MAX; }));
  EXPECT_TRUE(refuses([](PictureAnswer& a) { a.thumbnail_bytes = {4000, 4001}; }));
  EXPECT_TRUE(refuses([](PictureAnswer& a) { a.made.thumbnails[0].size = {0, 5}; }));
  EXPECT_TRUE(refuses([](PictureAnswer& a) { a.made.thumbnails[1].format = OutputFormat::kAuto; }));
  EXPECT_TRUE(refuses([](PictureAnswer& a) { a.made.thumbnails[1].format = static_cast<OutputFormat>(77); }));
  EXPECT_TRUE(refuses([](PictureAnswer& a) { a.made.info.format = static_cast<Format>(-1); }));
  EXPECT_TRUE(refuses([](PictureAnswer& a) { a.made.info.size = {-4, 4}; }));
  EXPECT_TRUE(refuses([](PictureAnswer& a) { a.made.decode.path = "a\x1b[31m"; }));
  EXPECT_TRUE(refuses([](PictureAnswer& a) { a.made.placeholders.reset(); }));
  EXPECT_TRUE(refuses([](PictureAnswer& a) { a.made.decode.damage->code = ErrorCode::kStopped; }));
  EXPECT_FALSE(refuses([](PictureAnswer& a) { a.made.decode.damage.reset(); }));
  request.specs.strictness = Strictness::kFailTruncated;
  EXPECT_FALSE(IsAnswerTo(request, good, kMost));
  request.specs.strictness = Strictness::kSalvage;
  EXPECT_TRUE(refuses([](PictureAnswer& a) { a.made.placeholders->blurhash = "\xff"; }));
  // Of the first size's own, and of all.
  EXPECT_TRUE(refuses([](PictureAnswer& a) { a.thumbnail_bytes[0] = 5001; }));
  EXPECT_TRUE(refuses([](PictureAnswer& a) { a.thumbnail_bytes[1] = 12'001; }));

  // What a decoder finds out, and what is none of its business.
  for (int code = 0; code < kErrorCodeCount; ++code) {
    const auto error = static_cast<ErrorCode>(code);
    const std::set<ErrorCode> of_decoding = {ErrorCode::kUnsupported, ErrorCode::kCorrupt,     ErrorCode::kTruncated,
                                             ErrorCode::kTooLarge,    ErrorCode::kOutOfMemory, ErrorCode::kTimeout,
                                             ErrorCode::kInternal};
    EXPECT_EQ(refuses([&](PictureAnswer& a) {
                a.error = Error{error, "it is"};
              }),
              !of_decoding.contains(error))
        << ErrorCodeName(error);
  }
}

TEST(DecoderMessages, HeadersThatCantBeAreNone) {
  PictureRequest request;
  request.header_only = true;
  PictureAnswer good = FullAnswer();
  good.error.reset();
  EXPECT_TRUE(IsAnswerTo(request, good, 0));
  const auto refuses = [&](const std::function<void(HeaderFacts&)>& change) {
    PictureAnswer answer = good;
    change(answer.header);
    return !IsAnswerTo(request, answer, 0);
  };
  EXPECT_FALSE(refuses([](HeaderFacts& h) { h.taken.reset(); }));
  EXPECT_TRUE(refuses([](HeaderFacts& h) { h.size = {3, 0}; }));
  EXPECT_TRUE(refuses([](HeaderFacts& h) { h.taken->year = 0; }));
  EXPECT_TRUE(refuses([](HeaderFacts& h) { h.taken->year = 10'000; }));
  EXPECT_TRUE(refuses([](HeaderFacts& h) { h.taken->month = 1'000'000; }));
  EXPECT_TRUE(refuses([](HeaderFacts& h) { h.taken->month = -100; }));
  EXPECT_TRUE(refuses([](HeaderFacts& h) { h.taken->day = 30; }));  // of February
  EXPECT_TRUE(refuses([](HeaderFacts& h) { h.taken->hour = 24; }));
  EXPECT_TRUE(refuses([](HeaderFacts& h) { h.taken->minute = -1; }));
  EXPECT_TRUE(refuses([](HeaderFacts& h) { h.taken->second = 61; }));
  EXPECT_TRUE(refuses([](HeaderFacts& h) { h.camera = "a\nb"; }));
  EXPECT_TRUE(refuses([](HeaderFacts& h) { h.camera = std::string(5000, 'x'); }));
}

}  // namespace
}  // namespace tbbthumbs::tool
