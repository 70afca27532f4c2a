// The C structures of libjpeg-turbo, owned; its errors and warnings, caught. Private to codecs/jpeg*.
#ifndef TBBTHUMBS_CODECS_JPEG_SESSION_H_
#define TBBTHUMBS_CODECS_JPEG_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "codecs/byte_source.h"
#include "codecs/error.h"
#include "codecs/jpeg_headers.h"

namespace tbbthumbs {

// The error manager of one compressor or decompressor, and the one place that calls setjmp.
class JpegErrorTrap {
 public:
  JpegErrorTrap();
  JpegErrorTrap(const JpegErrorTrap&) = delete;
  JpegErrorTrap& operator=(const JpegErrorTrap&) = delete;

  jpeg_error_mgr* manager() { return &manager_.base; }

  // Runs `f`, which calls libjpeg. False: it failed, and TakeError says why; `f` was left by a jump, so it may own
  // nothing (references and trivial locals only).
  template <class F>
  [[nodiscard]] bool Guarded(F&& f) {
    if (setjmp(jump_) != 0) return false;
    f();
    return true;
  }

  Error TakeError();
  // It is one of ours, not of libjpeg.
  bool has_error() const { return error_.has_value(); }

  // Leaves the running Guarded with `error`. For callbacks of libjpeg; their frames may own nothing at that moment.
  void SetError(ErrorCode code, std::string message) { error_.emplace(Error{code, std::move(message)}); }
  void SetError(Error error) { error_ = std::move(error); }
  [[noreturn]] void Leave() { std::longjmp(jump_, 1); }

  // Called for each warning of libjpeg with its code; an Error ends the decoding. May not throw.
  std::function<std::optional<Error>(int message_code)> on_warning;

  // The text of the message that libjpeg is emitting or has emitted last.
  std::string MessageText() const;

  // What libjpeg has warned of so far.
  long warnings() const { return manager_.base.num_warnings; }
  std::string first_warning() const;

 private:
  struct Manager {
    jpeg_error_mgr base;  // first: libjpeg hands back its address
    JpegErrorTrap* trap;
  };

  static void OnError(j_common_ptr info);
  static void OnMessage(j_common_ptr info, int level);
  bool WarningEnds(int message_code);

  Manager manager_{};
  std::jmp_buf jump_{};
  mutable jpeg_common_struct* last_info_ = nullptr;
  std::optional<Error> error_;
  char first_warning_[JMSG_LENGTH_MAX] = {};
};

// What the metadata segments of a JPEG hold, collected while its header is read.
struct JpegMetadata {
  std::vector<std::byte> exif;  // the TIFF block of the first Exif segment
  std::vector<std::byte> xmp;   // of the first XMP segment, where that is wanted
  std::vector<std::byte> icc;   // the whole profile, or empty where parts are missing or contradict each other
};

// One JPEG being decompressed. Not movable: libjpeg points back into it.
class JpegDecompressor {
 public:
  // `source` must outlive it.
  explicit JpegDecompressor(ByteSource& source);
  ~JpegDecompressor();
  JpegDecompressor(const JpegDecompressor&) = delete;
  JpegDecompressor& operator=(const JpegDecompressor&) = delete;

  // Reads up to the first scan. Errors: as libjpeg's, mapped.
  [[nodiscard]] Status ReadHeader(bool with_xmp = false);

  jpeg_decompress_struct& info() { return info_; }
  const jpeg_decompress_struct& info() const { return info_; }
  // After ReadHeader: the picture comes in more than one scan, and is held as coefficients until the last.
  bool multiple_scans() { return jpeg_has_multiple_scans(&info_) != 0; }
  JpegErrorTrap& trap() { return trap_; }
  // After a Guarded of the trap that failed: why. What looks corrupt after the end of the source is the end.
  Error TakeError();

  // Of the first byte of the source that libjpeg has not read: after ReadHeader, where the first scan's data begin.
  uint64_t offset() const { return input_.next_offset - input_.base.bytes_in_buffer; }

  // The decoder has asked for more bytes than the source has (it reads ahead: that alone is no damage).
  bool hit_end() const { return input_.hit_end; }

  JpegMetadata TakeMetadata();

  // Runs jpeg_start_decompress, which reads all scans where there are several: then `on_progress` is called after each
  // row of blocks, and an Error from it ends the decoding. It may not throw.
  [[nodiscard]] Status Start(std::function<std::optional<Error>()> on_progress);

 private:
  struct Input {
    jpeg_source_mgr base;  // first: libjpeg hands back its address
    JpegDecompressor* session;
    ByteSource* source;
    uint64_t next_offset;  // of the first byte not handed to libjpeg
    std::vector<std::byte> buffer;
    bool hit_end;
    bool in_scans;
  };
  struct ProgressMonitor {
    jpeg_progress_mgr base;  // first
    JpegDecompressor* session;
  };
  struct IccPart {
    int number = 0;
    int count = 0;
    std::vector<std::byte> bytes;
  };

  static JpegDecompressor& Of(j_decompress_ptr info);
  static void InitSource(j_decompress_ptr) {}
  static boolean FillInput(j_decompress_ptr info);
  static void SkipInput(j_decompress_ptr info, long count);
  static void TermSource(j_decompress_ptr) {}
  static void OnProgress(j_common_ptr info);
  static boolean OnSegment(j_decompress_ptr info);

  bool Refill();
  Result<std::span<const std::byte>> NextPiece();
  Result<std::span<const std::byte>> ReadPiece(uint64_t offset, size_t bytes);
  bool ProgressEnds();
  // What of the APP1 and APP2 segments is kept.
  enum class Segment { kNone, kExif, kXmp, kIcc };
  Segment ReadTag(size_t& left);
  bool KeepSegment(Segment kind);
  uint8_t NextByte();

  JpegErrorTrap trap_;
  jpeg_decompress_struct info_{};
  Input input_{};
  ProgressMonitor monitor_{};
  std::function<std::optional<Error>()> on_progress_;
  std::vector<std::byte> segment_;
  bool with_xmp_ = false;
  std::vector<std::byte> exif_;
  std::vector<std::byte> xmp_;
  std::vector<IccPart> icc_parts_;
  size_t icc_bytes_ = 0;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_JPEG_SESSION_H_
