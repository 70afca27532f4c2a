#include "codecs/thumbnail_layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "codecs/orientation.h"
#include "codecs/smart_crop.h"

namespace tbbthumbs {
namespace {

SizeSpec Spec(const std::string& text) {
  auto spec = ParseSizeSpec(text);
  EXPECT_TRUE(spec) << text;
  return spec.value_or(SizeSpec{});
}

// Width and height of a picture, the box, the fit, whether small pictures are enlarged, and what comes out: of
// vipsthumbnail 8.14 for "inside", of sharp 0.35 for the others, whose "contain" is our "pad".
constexpr const char* kPeers = R"(
    4000 3000 256x256 cover shrink 256 256; 4000 3000 256x256 fill shrink 256 256; 4000 3000 256x256 pad shrink 256 256; 4000 3000 320x240 cover shrink 320 240;
    4000 3000 320x240 fill shrink 320 240; 4000 3000 320x240 pad shrink 320 240; 4000 3000 100x300 cover shrink 100 300; 4000 3000 100x300 fill shrink 100 300;
    4000 3000 100x300 pad shrink 100 300; 4000 3000 333x fill shrink 333 3000; 4000 3000 x211 fill shrink 4000 211; 4000 3000 64x64 cover shrink 64 64;
    4000 3000 64x64 fill shrink 64 64; 4000 3000 64x64 pad shrink 64 64; 4000 3000 1x1 cover shrink 1 1; 4000 3000 1x1 fill shrink 1 1;
    4000 3000 1x1 pad shrink 1 1; 4000 3000 200x77 cover shrink 200 77; 4000 3000 200x77 fill shrink 200 77; 4000 3000 200x77 pad shrink 200 77;
    3000 4000 256x256 cover shrink 256 256; 3000 4000 256x256 fill shrink 256 256; 3000 4000 256x256 pad shrink 256 256; 3000 4000 320x240 cover shrink 320 240;
    3000 4000 320x240 fill shrink 320 240; 3000 4000 320x240 pad shrink 320 240; 3000 4000 100x300 cover shrink 100 300; 3000 4000 100x300 fill shrink 100 300;
    3000 4000 100x300 pad shrink 100 300; 3000 4000 333x fill shrink 333 4000; 3000 4000 x211 fill shrink 3000 211; 3000 4000 64x64 cover shrink 64 64;
    3000 4000 64x64 fill shrink 64 64; 3000 4000 64x64 pad shrink 64 64; 3000 4000 1x1 cover shrink 1 1; 3000 4000 1x1 fill shrink 1 1;
    3000 4000 1x1 pad shrink 1 1; 3000 4000 200x77 cover shrink 200 77; 3000 4000 200x77 fill shrink 200 77; 3000 4000 200x77 pad shrink 200 77;
    1999 1333 256x256 cover shrink 256 256; 1999 1333 256x256 fill shrink 256 256; 1999 1333 256x256 pad shrink 256 256; 1999 1333 320x240 cover shrink 320 240;
    1999 1333 320x240 fill shrink 320 240; 1999 1333 320x240 pad shrink 320 240; 1999 1333 100x300 cover shrink 100 300; 1999 1333 100x300 fill shrink 100 300;
    1999 1333 100x300 pad shrink 100 300; 1999 1333 333x fill shrink 333 1333; 1999 1333 x211 fill shrink 1999 211; 1999 1333 64x64 cover shrink 64 64;
    1999 1333 64x64 fill shrink 64 64; 1999 1333 64x64 pad shrink 64 64; 1999 1333 1x1 cover shrink 1 1; 1999 1333 1x1 fill shrink 1 1;
    1999 1333 1x1 pad shrink 1 1; 1999 1333 200x77 cover shrink 200 77; 1999 1333 200x77 fill shrink 200 77; 1999 1333 200x77 pad shrink 200 77;
    333 500 256x256 cover shrink 256 256; 333 500 256x256 cover both 256 256; 333 500 256x256 fill shrink 256 256; 333 500 256x256 fill both 256 256;
    333 500 256x256 pad shrink 256 256; 333 500 256x256 pad both 256 256; 333 500 320x240 cover shrink 320 240; 333 500 320x240 cover both 320 240;
    333 500 320x240 fill shrink 320 240; 333 500 320x240 fill both 320 240; 333 500 320x240 pad shrink 320 240; 333 500 320x240 pad both 320 240;
    333 500 100x300 cover shrink 100 300; 333 500 100x300 cover both 100 300; 333 500 100x300 fill shrink 100 300; 333 500 100x300 fill both 100 300;
    333 500 100x300 pad shrink 100 300; 333 500 100x300 pad both 100 300; 333 500 333x fill shrink 333 500; 333 500 333x fill both 333 500;
    333 500 x211 fill shrink 333 211; 333 500 x211 fill both 333 211; 333 500 64x64 cover shrink 64 64; 333 500 64x64 cover both 64 64;
    333 500 64x64 fill shrink 64 64; 333 500 64x64 fill both 64 64; 333 500 64x64 pad shrink 64 64; 333 500 64x64 pad both 64 64;
    333 500 1x1 cover shrink 1 1; 333 500 1x1 cover both 1 1; 333 500 1x1 fill shrink 1 1; 333 500 1x1 fill both 1 1;
    333 500 1x1 pad shrink 1 1; 333 500 1x1 pad both 1 1; 333 500 200x77 cover shrink 200 77; 333 500 200x77 cover both 200 77;
    333 500 200x77 fill shrink 200 77; 333 500 200x77 fill both 200 77; 333 500 200x77 pad shrink 200 77; 333 500 200x77 pad both 200 77;
    101 77 256x256 cover shrink 101 77; 101 77 256x256 cover both 256 256; 101 77 256x256 fill shrink 101 77; 101 77 256x256 fill both 256 256;
    101 77 256x256 pad shrink 256 256; 101 77 256x256 pad both 256 256; 101 77 320x240 cover shrink 101 77; 101 77 320x240 cover both 320 240;
    101 77 320x240 fill shrink 101 77; 101 77 320x240 fill both 320 240; 101 77 320x240 pad shrink 320 240; 101 77 320x240 pad both 320 240;
    101 77 100x300 cover shrink 100 77; 101 77 100x300 cover both 100 300; 101 77 100x300 fill shrink 100 77; 101 77 100x300 fill both 100 300;
    101 77 100x300 pad shrink 100 300; 101 77 100x300 pad both 100 300; 101 77 333x fill shrink 101 77; 101 77 333x fill both 333 77;
    101 77 x211 fill shrink 101 77; 101 77 x211 fill both 101 211; 101 77 64x64 cover shrink 64 64; 101 77 64x64 cover both 64 64;
    101 77 64x64 fill shrink 64 64; 101 77 64x64 fill both 64 64; 101 77 64x64 pad shrink 64 64; 101 77 64x64 pad both 64 64;
    101 77 1x1 cover shrink 1 1; 101 77 1x1 cover both 1 1; 101 77 1x1 fill shrink 1 1; 101 77 1x1 fill both 1 1;
    101 77 1x1 pad shrink 1 1; 101 77 1x1 pad both 1 1; 101 77 200x77 cover shrink 101 77; 101 77 200x77 cover both 200 77;
    101 77 200x77 fill shrink 101 77; 101 77 200x77 fill both 200 77; 101 77 200x77 pad shrink 200 77; 101 77 200x77 pad both 200 77;
    256 256 256x256 cover shrink 256 256; 256 256 256x256 cover both 256 256; 256 256 256x256 fill shrink 256 256; 256 256 256x256 fill both 256 256;
    256 256 256x256 pad shrink 256 256; 256 256 256x256 pad both 256 256; 256 256 320x240 cover shrink 256 240; 256 256 320x240 cover both 320 240;
    256 256 320x240 fill shrink 256 240; 256 256 320x240 fill both 320 240; 256 256 320x240 pad shrink 320 240; 256 256 320x240 pad both 320 240;
    256 256 100x300 cover shrink 100 256; 256 256 100x300 cover both 100 300; 256 256 100x300 fill shrink 100 256; 256 256 100x300 fill both 100 300;
    256 256 100x300 pad shrink 100 300; 256 256 100x300 pad both 100 300; 256 256 333x fill shrink 256 256; 256 256 333x fill both 333 256;
    256 256 x211 fill shrink 256 211; 256 256 x211 fill both 256 211; 256 256 64x64 cover shrink 64 64; 256 256 64x64 cover both 64 64;
    256 256 64x64 fill shrink 64 64; 256 256 64x64 fill both 64 64; 256 256 64x64 pad shrink 64 64; 256 256 64x64 pad both 64 64;
    256 256 1x1 cover shrink 1 1; 256 256 1x1 cover both 1 1; 256 256 1x1 fill shrink 1 1; 256 256 1x1 fill both 1 1;
    256 256 1x1 pad shrink 1 1; 256 256 1x1 pad both 1 1; 256 256 200x77 cover shrink 200 77; 256 256 200x77 cover both 200 77;
    256 256 200x77 fill shrink 200 77; 256 256 200x77 fill both 200 77; 256 256 200x77 pad shrink 200 77; 256 256 200x77 pad both 200 77;
    640 1 256x256 cover shrink 256 1; 640 1 256x256 cover both 256 256; 640 1 256x256 fill shrink 256 1; 640 1 256x256 fill both 256 256;
    640 1 256x256 pad shrink 256 256; 640 1 256x256 pad both 256 256; 640 1 320x240 cover shrink 320 1; 640 1 320x240 cover both 320 240;
    640 1 320x240 fill shrink 320 1; 640 1 320x240 fill both 320 240; 640 1 320x240 pad shrink 320 240; 640 1 320x240 pad both 320 240;
    640 1 100x300 cover shrink 100 1; 640 1 100x300 cover both 100 300; 640 1 100x300 fill shrink 100 1; 640 1 100x300 fill both 100 300;
    640 1 100x300 pad shrink 100 300; 640 1 100x300 pad both 100 300; 640 1 333x fill shrink 333 1; 640 1 333x fill both 333 1;
    640 1 x211 fill shrink 640 1; 640 1 x211 fill both 640 211; 640 1 64x64 cover shrink 64 1; 640 1 64x64 cover both 64 64;
    640 1 64x64 fill shrink 64 1; 640 1 64x64 fill both 64 64; 640 1 64x64 pad shrink 64 64; 640 1 64x64 pad both 64 64;
    640 1 1x1 cover shrink 1 1; 640 1 1x1 cover both 1 1; 640 1 1x1 fill shrink 1 1; 640 1 1x1 fill both 1 1;
    640 1 1x1 pad shrink 1 1; 640 1 1x1 pad both 1 1; 640 1 200x77 cover shrink 200 1; 640 1 200x77 cover both 200 77;
    640 1 200x77 fill shrink 200 1; 640 1 200x77 fill both 200 77; 640 1 200x77 pad shrink 200 77; 640 1 200x77 pad both 200 77;
    1 640 256x256 cover shrink 1 256; 1 640 256x256 cover both 256 256; 1 640 256x256 fill shrink 1 256; 1 640 256x256 fill both 256 256;
    1 640 256x256 pad shrink 256 256; 1 640 256x256 pad both 256 256; 1 640 320x240 cover shrink 1 240; 1 640 320x240 cover both 320 240;
    1 640 320x240 fill shrink 1 240; 1 640 320x240 fill both 320 240; 1 640 320x240 pad shrink 320 240; 1 640 320x240 pad both 320 240;
    1 640 100x300 cover shrink 1 300; 1 640 100x300 cover both 100 300; 1 640 100x300 fill shrink 1 300; 1 640 100x300 fill both 100 300;
    1 640 100x300 pad shrink 100 300; 1 640 100x300 pad both 100 300; 1 640 333x fill shrink 1 640; 1 640 333x fill both 333 640;
    1 640 x211 fill shrink 1 211; 1 640 x211 fill both 1 211; 1 640 64x64 cover shrink 1 64; 1 640 64x64 cover both 64 64;
    1 640 64x64 fill shrink 1 64; 1 640 64x64 fill both 64 64; 1 640 64x64 pad shrink 64 64; 1 640 64x64 pad both 64 64;
    1 640 1x1 cover shrink 1 1; 1 640 1x1 cover both 1 1; 1 640 1x1 fill shrink 1 1; 1 640 1x1 fill both 1 1;
    1 640 1x1 pad shrink 1 1; 1 640 1x1 pad both 1 1; 1 640 200x77 cover shrink 1 77; 1 640 200x77 cover both 200 77;
    1 640 200x77 fill shrink 1 77; 1 640 200x77 fill both 200 77; 1 640 200x77 pad shrink 200 77; 1 640 200x77 pad both 200 77;
    37 4001 256x256 cover shrink 37 256; 37 4001 256x256 cover both 256 256; 37 4001 256x256 fill shrink 37 256; 37 4001 256x256 fill both 256 256;
    37 4001 256x256 pad shrink 256 256; 37 4001 256x256 pad both 256 256; 37 4001 320x240 cover shrink 37 240; 37 4001 320x240 cover both 320 240;
    37 4001 320x240 fill shrink 37 240; 37 4001 320x240 fill both 320 240; 37 4001 320x240 pad shrink 320 240; 37 4001 320x240 pad both 320 240;
    37 4001 100x300 cover shrink 37 300; 37 4001 100x300 cover both 100 300; 37 4001 100x300 fill shrink 37 300; 37 4001 100x300 fill both 100 300;
    37 4001 100x300 pad shrink 100 300; 37 4001 100x300 pad both 100 300; 37 4001 333x fill shrink 37 4001; 37 4001 333x fill both 333 4001;
    37 4001 x211 fill shrink 37 211; 37 4001 x211 fill both 37 211; 37 4001 64x64 cover shrink 37 64; 37 4001 64x64 cover both 64 64;
    37 4001 64x64 fill shrink 37 64; 37 4001 64x64 fill both 64 64; 37 4001 64x64 pad shrink 64 64; 37 4001 64x64 pad both 64 64;
    37 4001 1x1 cover shrink 1 1; 37 4001 1x1 cover both 1 1; 37 4001 1x1 fill shrink 1 1; 37 4001 1x1 fill both 1 1;
    37 4001 1x1 pad shrink 1 1; 37 4001 1x1 pad both 1 1; 37 4001 200x77 cover shrink 37 77; 37 4001 200x77 cover both 200 77;
    37 4001 200x77 fill shrink 37 77; 37 4001 200x77 fill both 200 77; 37 4001 200x77 pad shrink 200 77; 37 4001 200x77 pad both 200 77;
    257 255 256x256 cover shrink 256 255; 257 255 256x256 cover both 256 256; 257 255 256x256 fill shrink 256 255; 257 255 256x256 fill both 256 256;
    257 255 256x256 pad shrink 256 256; 257 255 256x256 pad both 256 256; 257 255 320x240 cover shrink 257 240; 257 255 320x240 cover both 320 240;
    257 255 320x240 fill shrink 257 240; 257 255 320x240 fill both 320 240; 257 255 320x240 pad shrink 320 240; 257 255 320x240 pad both 320 240;
    257 255 100x300 cover shrink 100 255; 257 255 100x300 cover both 100 300; 257 255 100x300 fill shrink 100 255; 257 255 100x300 fill both 100 300;
    257 255 100x300 pad shrink 100 300; 257 255 100x300 pad both 100 300; 257 255 333x fill shrink 257 255; 257 255 333x fill both 333 255;
    257 255 x211 fill shrink 257 211; 257 255 x211 fill both 257 211; 257 255 64x64 cover shrink 64 64; 257 255 64x64 cover both 64 64;
    257 255 64x64 fill shrink 64 64; 257 255 64x64 fill both 64 64; 257 255 64x64 pad shrink 64 64; 257 255 64x64 pad both 64 64;
    257 255 1x1 cover shrink 1 1; 257 255 1x1 cover both 1 1; 257 255 1x1 fill shrink 1 1; 257 255 1x1 fill both 1 1;
    257 255 1x1 pad shrink 1 1; 257 255 1x1 pad both 1 1; 257 255 200x77 cover shrink 200 77; 257 255 200x77 cover both 200 77;
    257 255 200x77 fill shrink 200 77; 257 255 200x77 fill both 200 77; 257 255 200x77 pad shrink 200 77; 257 255 200x77 pad both 200 77;
    100 100 256x256 cover shrink 100 100; 100 100 256x256 cover both 256 256; 100 100 256x256 fill shrink 100 100; 100 100 256x256 fill both 256 256;
    100 100 256x256 pad shrink 256 256; 100 100 256x256 pad both 256 256; 100 100 320x240 cover shrink 100 100; 100 100 320x240 cover both 320 240;
    100 100 320x240 fill shrink 100 100; 100 100 320x240 fill both 320 240; 100 100 320x240 pad shrink 320 240; 100 100 320x240 pad both 320 240;
    100 100 100x300 cover shrink 100 100; 100 100 100x300 cover both 100 300; 100 100 100x300 fill shrink 100 100; 100 100 100x300 fill both 100 300;
    100 100 100x300 pad shrink 100 300; 100 100 100x300 pad both 100 300; 100 100 333x fill shrink 100 100; 100 100 333x fill both 333 100;
    100 100 x211 fill shrink 100 100; 100 100 x211 fill both 100 211; 100 100 64x64 cover shrink 64 64; 100 100 64x64 cover both 64 64;
    100 100 64x64 fill shrink 64 64; 100 100 64x64 fill both 64 64; 100 100 64x64 pad shrink 64 64; 100 100 64x64 pad both 64 64;
    100 100 1x1 cover shrink 1 1; 100 100 1x1 cover both 1 1; 100 100 1x1 fill shrink 1 1; 100 100 1x1 fill both 1 1;
    100 100 1x1 pad shrink 1 1; 100 100 1x1 pad both 1 1; 100 100 200x77 cover shrink 100 77; 100 100 200x77 cover both 200 77;
    100 100 200x77 fill shrink 100 77; 100 100 200x77 fill both 200 77; 100 100 200x77 pad shrink 200 77; 100 100 200x77 pad both 200 77;
    5000 313 256x256 cover shrink 256 256; 5000 313 256x256 cover both 256 256; 5000 313 256x256 fill shrink 256 256; 5000 313 256x256 fill both 256 256;
    5000 313 256x256 pad shrink 256 256; 5000 313 256x256 pad both 256 256; 5000 313 320x240 cover shrink 320 240; 5000 313 320x240 cover both 320 240;
    5000 313 320x240 fill shrink 320 240; 5000 313 320x240 fill both 320 240; 5000 313 320x240 pad shrink 320 240; 5000 313 320x240 pad both 320 240;
    5000 313 100x300 cover shrink 100 300; 5000 313 100x300 cover both 100 300; 5000 313 100x300 fill shrink 100 300; 5000 313 100x300 fill both 100 300;
    5000 313 100x300 pad shrink 100 300; 5000 313 100x300 pad both 100 300; 5000 313 333x fill shrink 333 313; 5000 313 333x fill both 333 313;
    5000 313 x211 fill shrink 5000 211; 5000 313 x211 fill both 5000 211; 5000 313 64x64 cover shrink 64 64; 5000 313 64x64 cover both 64 64;
    5000 313 64x64 fill shrink 64 64; 5000 313 64x64 fill both 64 64; 5000 313 64x64 pad shrink 64 64; 5000 313 64x64 pad both 64 64;
    5000 313 1x1 cover shrink 1 1; 5000 313 1x1 cover both 1 1; 5000 313 1x1 fill shrink 1 1; 5000 313 1x1 fill both 1 1;
    5000 313 1x1 pad shrink 1 1; 5000 313 1x1 pad both 1 1; 5000 313 200x77 cover shrink 200 77; 5000 313 200x77 cover both 200 77;
    5000 313 200x77 fill shrink 200 77; 5000 313 200x77 fill both 200 77; 5000 313 200x77 pad shrink 200 77; 5000 313 200x77 pad both 200 77;
    4000 3000 256x256 inside shrink 256 192; 4000 3000 320x240 inside shrink 320 240; 4000 3000 100x300 inside shrink 100 75; 4000 3000 333x inside shrink 333 250;
    4000 3000 211x211 inside shrink 211 158; 4000 3000 x211 inside shrink 281 211; 4000 3000 64x64 inside shrink 64 48; 4000 3000 1x1 inside shrink 1 1;
    4000 3000 200x77 inside shrink 103 77; 4000 3000 999x13 inside shrink 17 13; 3000 4000 256x256 inside shrink 192 256; 3000 4000 320x240 inside shrink 180 240;
    3000 4000 100x300 inside shrink 100 133; 3000 4000 333x inside shrink 333 444; 3000 4000 211x211 inside shrink 158 211; 3000 4000 x211 inside shrink 158 211;
    3000 4000 64x64 inside shrink 48 64; 3000 4000 1x1 inside shrink 1 1; 3000 4000 200x77 inside shrink 58 77; 3000 4000 999x13 inside shrink 10 13;
    1999 1333 256x256 inside shrink 256 171; 1999 1333 320x240 inside shrink 320 213; 1999 1333 100x300 inside shrink 100 67; 1999 1333 333x inside shrink 333 222;
    1999 1333 211x211 inside shrink 211 141; 1999 1333 x211 inside shrink 316 211; 1999 1333 64x64 inside shrink 64 43; 1999 1333 1x1 inside shrink 1 1;
    1999 1333 200x77 inside shrink 115 77; 1999 1333 999x13 inside shrink 19 13; 333 500 256x256 inside shrink 170 256; 333 500 320x240 inside shrink 160 240;
    333 500 100x300 inside shrink 100 150; 333 500 333x inside shrink 333 500; 333 500 211x211 inside shrink 141 211; 333 500 x211 inside shrink 141 211;
    333 500 64x64 inside shrink 43 64; 333 500 1x1 inside shrink 1 1; 333 500 200x77 inside shrink 51 77; 333 500 999x13 inside shrink 9 13;
    101 77 256x256 inside shrink 101 77; 101 77 320x240 inside shrink 101 77; 101 77 100x300 inside shrink 100 76; 101 77 333x inside shrink 101 77;
    101 77 211x211 inside shrink 101 77; 101 77 x211 inside shrink 101 77; 101 77 64x64 inside shrink 64 49; 101 77 1x1 inside shrink 1 1;
    101 77 200x77 inside shrink 101 77; 101 77 999x13 inside shrink 17 13; 256 256 256x256 inside shrink 256 256; 256 256 320x240 inside shrink 240 240;
    256 256 100x300 inside shrink 100 100; 256 256 333x inside shrink 256 256; 256 256 211x211 inside shrink 211 211; 256 256 x211 inside shrink 211 211;
    256 256 64x64 inside shrink 64 64; 256 256 1x1 inside shrink 1 1; 256 256 200x77 inside shrink 77 77; 256 256 999x13 inside shrink 13 13;
    640 1 256x256 inside shrink 256 1; 640 1 320x240 inside shrink 320 1; 640 1 100x300 inside shrink 100 1; 640 1 333x inside shrink 333 1;
    640 1 211x211 inside shrink 211 1; 640 1 x211 inside shrink 640 1; 640 1 64x64 inside shrink 64 1; 640 1 1x1 inside shrink 1 1;
    640 1 200x77 inside shrink 200 1; 640 1 999x13 inside shrink 640 1; 1 640 256x256 inside shrink 1 256; 1 640 320x240 inside shrink 1 240;
    1 640 100x300 inside shrink 1 300; 1 640 333x inside shrink 1 640; 1 640 211x211 inside shrink 1 211; 1 640 x211 inside shrink 1 211;
    1 640 64x64 inside shrink 1 64; 1 640 1x1 inside shrink 1 1; 1 640 200x77 inside shrink 1 77; 1 640 999x13 inside shrink 1 13;
    37 4001 256x256 inside shrink 2 256; 37 4001 320x240 inside shrink 2 240; 37 4001 100x300 inside shrink 3 300; 37 4001 333x inside shrink 37 4001;
    37 4001 211x211 inside shrink 2 211; 37 4001 x211 inside shrink 2 211; 37 4001 64x64 inside shrink 1 64; 37 4001 1x1 inside shrink 1 1;
    37 4001 200x77 inside shrink 1 77; 37 4001 999x13 inside shrink 1 13; 257 255 256x256 inside shrink 256 254; 257 255 320x240 inside shrink 242 240;
    257 255 100x300 inside shrink 100 99; 257 255 333x inside shrink 257 255; 257 255 211x211 inside shrink 211 209; 257 255 x211 inside shrink 213 211;
    257 255 64x64 inside shrink 64 64; 257 255 1x1 inside shrink 1 1; 257 255 200x77 inside shrink 78 77; 257 255 999x13 inside shrink 13 13;
    5000 313 256x256 inside shrink 256 16; 5000 313 320x240 inside shrink 320 20; 5000 313 100x300 inside shrink 100 6; 5000 313 333x inside shrink 333 21;
    5000 313 211x211 inside shrink 211 13; 5000 313 x211 inside shrink 3371 211; 5000 313 64x64 inside shrink 64 4; 5000 313 1x1 inside shrink 1 1;
    5000 313 200x77 inside shrink 200 13; 5000 313 999x13 inside shrink 208 13; 1023 767 256x256 inside shrink 256 192; 1023 767 320x240 inside shrink 320 240;
    1023 767 100x300 inside shrink 100 75; 1023 767 333x inside shrink 333 250; 1023 767 211x211 inside shrink 211 158; 1023 767 x211 inside shrink 281 211;
    1023 767 64x64 inside shrink 64 48; 1023 767 1x1 inside shrink 1 1; 1023 767 200x77 inside shrink 103 77; 1023 767 999x13 inside shrink 17 13;
    999 1001 256x256 inside shrink 255 256; 999 1001 320x240 inside shrink 240 240; 999 1001 100x300 inside shrink 100 100; 999 1001 333x inside shrink 333 334;
    999 1001 211x211 inside shrink 211 211; 999 1001 x211 inside shrink 211 211; 999 1001 64x64 inside shrink 64 64; 999 1001 1x1 inside shrink 1 1;
    999 1001 200x77 inside shrink 77 77; 999 1001 999x13 inside shrink 13 13;
)";

TEST(LayOut, SizesAreThoseOfVipsthumbnailAndSharp) {
  std::istringstream table(kPeers);
  int cases = 0;
  Size picture, expected;
  std::string box, fit, scaling;
  while (table >> picture.width >> picture.height >> box >> fit >> scaling >> expected.width >> expected.height) {
    table.ignore(1);  // the semicolon
    const SizeSpec spec = Spec(box + ",fit=" + fit + ",enlarge=" + (scaling == "both" ? "yes" : "no"));
    EXPECT_EQ(LayOut(picture, spec).canvas, expected)
        << picture.width << " x " << picture.height << " to " << ToString(spec);
    ++cases;
  }
  EXPECT_EQ(cases, 550);
}

TEST(LayOut, RoundsToNearestAndOnlyShrinks) {
  EXPECT_EQ(ThumbnailSize({4000, 3000}, Spec("256")), (Size{256, 192}));
  EXPECT_EQ(ThumbnailSize({4000, 3000}, Spec("x256")), (Size{341, 256}));
  EXPECT_EQ(ThumbnailSize({100, 80}, Spec("256")), (Size{100, 80}));
  EXPECT_EQ(ThumbnailSize({100, 80}, Spec("256,enlarge=yes")), (Size{256, 205}));
  EXPECT_EQ(ThumbnailSize({100, 80}, Spec("256<")), (Size{256, 205}));
  EXPECT_EQ(ThumbnailSize({1000, 800}, Spec("256<")), (Size{1000, 800}));
  EXPECT_EQ(ThumbnailSize({1001, 801}, Spec("50%")), (Size{501, 401}));
  EXPECT_EQ(ThumbnailSize({10, 8}, Spec("200%")), (Size{10, 8}));
  EXPECT_EQ(ThumbnailSize({10, 8}, Spec("200%,enlarge=yes")), (Size{20, 16}));
}

TEST(LayOut, TheLimitingSideIsAlwaysExact) {
  for (int width = 257; width < 6000; width += 61) {
    for (int height = 1; height < 6000; height += 97) {
      const Size size = ThumbnailSize({width, height}, Spec("256"));
      EXPECT_EQ(std::max(size.width, size.height), 256) << width << " x " << height;
    }
  }
}

TEST(LayOut, ExtremeShapes) {
  for (const Size picture : {Size{30000, 1}, Size{1, 30000}, Size{1, 1}, Size{65500, 65500}, Size{1'000'000, 268}}) {
    for (const char* text : {"256", "256,fit=cover", "256,fit=cover,enlarge=yes", "256,fit=pad,enlarge=yes",
                             "256,fit=fill,enlarge=yes", "256,fit=cover,gravity=attention,enlarge=yes", "1",
                             "1x,enlarge=yes", "x65500,enlarge=yes", "10000%,enlarge=yes"}) {
      const Layout layout = LayOut(picture, Spec(text));
      const auto& window = layout.window;
      EXPECT_GE(window.x, 0);
      EXPECT_GE(window.y, 0);
      EXPECT_GE(layout.scaled.width, window.x + window.size.width);
      EXPECT_GE(layout.scaled.height, window.y + window.size.height);
      EXPECT_GE(std::min(layout.canvas.width, layout.canvas.height), 1);
      EXPECT_LE(std::max(layout.canvas.width, layout.canvas.height), 65500);
      EXPECT_LE(layout.shown.width, window.size.width);
      EXPECT_LE(layout.left + layout.shown.width, layout.canvas.width);
      EXPECT_LE(window.size.pixels(), 16 * layout.canvas.pixels());
    }
  }
}

TEST(LayOut, GravitySaysWhatIsKept) {
  const Size picture{1200, 600};
  const auto x = [&](const std::string& gravity) {
    return LayOut(picture, Spec("100,fit=cover,gravity=" + gravity)).window.x;
  };
  EXPECT_EQ(x("centre"), 50);
  EXPECT_EQ(x("west"), 0);
  EXPECT_EQ(x("northwest"), 0);
  EXPECT_EQ(x("east"), 100);
  EXPECT_EQ(x("southeast"), 100);
  EXPECT_EQ(x("north"), 50);
  EXPECT_EQ(LayOut({600, 1200}, Spec("100,fit=cover,gravity=north")).window, (Window{0, 0, {100, 100}}));
  EXPECT_EQ(LayOut({600, 1200}, Spec("100,fit=cover,gravity=southwest")).window, (Window{0, 100, {100, 100}}));
  // An odd difference, as sharp divides it.
  EXPECT_EQ(LayOut({201, 100}, Spec("100,fit=cover")).window.x, 51);
  EXPECT_EQ(LayOut({100, 49}, Spec("100,fit=pad")).top, 25);
  EXPECT_EQ(LayOut({100, 50}, Spec("100,fit=pad,gravity=north")).top, 0);
  EXPECT_EQ(LayOut({100, 50}, Spec("100,fit=pad,gravity=southeast")).top, 50);
}

TEST(LayOut, WherePixelsDecideAllIsMadeUnlessItIsMuch) {
  const Layout layout = LayOut({1200, 600}, Spec("100,fit=cover,gravity=attention"));
  EXPECT_EQ(layout.window, (Window{0, 0, {200, 100}}));
  EXPECT_EQ(layout.shown, (Size{100, 100}));
  EXPECT_TRUE(layout.cut_by_pixels());
  EXPECT_FALSE(LayOut({600, 600}, Spec("100,fit=cover,gravity=attention")).cut_by_pixels());
  EXPECT_FALSE(LayOut({30000, 100}, Spec("100,fit=cover,gravity=attention")).cut_by_pixels());
}

// Pixel by pixel: the window of the stored picture, turned upright, is the window of the upright one.
TEST(StoredWindow, IsTheSamePart) {
  const Size stored{7, 5};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    Raster picture{stored, ColorModel::kGray, false, SampleType::kU8, {}};
    for (int i = 0; i < 35; ++i) picture.pixels.push_back(static_cast<std::byte>(i));
    Raster upright = picture;
    ApplyOrientation(upright, orientation);
    const Window window{1, 2, {3, 2}};
    Raster part = picture;
    Crop(part, StoredWindow(window, upright.size, orientation));
    ApplyOrientation(part, orientation);
    Crop(upright, window);
    EXPECT_EQ(part.size, upright.size) << orientation;
    EXPECT_EQ(part.pixels, upright.pixels) << orientation;
  }
}

}  // namespace
}  // namespace tbbthumbs
