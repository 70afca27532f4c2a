// One go of libjpeg-turbo through a picture. Private to codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_PASS_H_
#define TBBTHUMBS_CODECS_JPEG_PASS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "codecs/decoder.h"
#include "codecs/jpeg_rows.h"
#include "codecs/jpeg_session.h"

namespace tbbthumbs {

// Decodes a session whose header is read, and judges what libjpeg warns of. Single-threaded; used once, and what it is
// given must outlive it.
class JpegPass {
 public:
  JpegPass(JpegDecompressor& jpeg, const DecodeRequest& request, const DecodeLimits& limits, const Watch& watch)
      : jpeg_(jpeg), request_(request), limits_(limits), watch_(watch), data_offset_(jpeg.offset()) {}

  // Delivers the picture as JpegOutput::kPixels; Decoder::Decode tells the errors.
  [[nodiscard]] Result<DecodeReport> DecodePixels(RowSink& sink, Workspace& workspace);

  // Delivers a YCbCr picture as JpegOutput::kPlanes. Nothing where libjpeg ended it or the file is damaged in any way:
  // the sink then holds an unfinished picture, and DecodePixels of another session is to say what becomes of the file.
  // Errors: of the sink and of the watch.
  [[nodiscard]] Result<std::optional<DecodeReport>> DecodePlanes(RowSink& sink, Workspace& workspace);

  // Of a file of several scans that either of these gave up: up to where its bytes were scans that could be read. 0:
  // none.
  uint64_t sound_bytes() const { return sound_bytes_; }

 private:
  // Nothing: the file ended it, and file_error_ says how. Errors: of the sink and of the watch.
  Result<std::optional<DecodeReport>> Run(JpegOutput output, RowSink& sink, Workspace& workspace);
  Status Start(JpegOutput output, int scale);
  Status Finish();
  std::optional<Error> OnProgress();
  std::optional<Error> OnWarning(int message_code);
  std::optional<Error> Tolerate(Error damage);
  std::optional<Error> CheckAllScansRead() const;
  Error EndsEarly() const;
  Error Corrupt(const std::string& what) const;
  std::string AtRow() const;

  JpegDecompressor& jpeg_;
  const DecodeRequest& request_;
  const DecodeLimits& limits_;
  const Watch& watch_;
  const uint64_t data_offset_;  // of the first scan
  bool ends_at_damage_ = false;
  std::optional<Error> damage_;  // tolerated
  uint64_t sound_bytes_ = 0;
  unsigned components_seen_ = 0;  // bit by component: in a scan so far
  Error file_error_{ErrorCode::kInternal, {}};
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_PASS_H_
