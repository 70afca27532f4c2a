// libjpeg-turbo's headers, which need others before them. Private to codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_HEADERS_H_
#define TBBTHUMBS_CODECS_JPEG_HEADERS_H_

// clang-format off
#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#endif  // TBBTHUMBS_CODECS_JPEG_HEADERS_H_
