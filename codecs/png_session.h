// The C structs of libpng and their error handling. Private to codecs/png_*.cpp.
#ifndef TBBTHUMBS_CODECS_PNG_SESSION_H_
#define TBBTHUMBS_CODECS_PNG_SESSION_H_

#include <png.h>

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codecs/byte_source.h"
#include "codecs/error.h"
#include "codecs/limits.h"

namespace tbbthumbs {

// Catches what libpng reports: errors by a jump back into Guarded, warnings by keeping the first text.
class PngErrors {
 public:
  // Calls `f`, which may call libpng. False: libpng reported an error, and error_text() says which. `f` captures
  // references, and objects with destructors may not live in it: the jump would skip them.
  template <class F>
  [[nodiscard]] bool Guarded(const F& f) {
    if (setjmp(jump_) != 0) return false;
    f();
    return true;
  }

  const char* error_text() const { return error_text_; }
  int warnings() const { return warnings_; }
  const char* first_warning() const { return first_warning_; }
  // What was wrong with a checksum of image data where libpng went on all the same; empty: nothing.
  const char* overlooked() const { return overlooked_; }
  bool out_of_memory() const;
  // The error was: the deflate stream ends with another checksum. libpng then keeps back its last row, or all of a
  // small picture.
  bool wrong_adler() const;

 protected:
  PngErrors() = default;
  ~PngErrors() = default;

  // Bytes that libpng has taken.
  virtual uint64_t taken() const { return 0; }

  [[noreturn]] static void OnError(png_structp png, png_const_charp text);
  static void OnWarning(png_structp png, png_const_charp text);

 private:
  static constexpr size_t kTextBytes = 160;

  void CopyText(char (&to)[kTextBytes], const char* from) const;

  std::jmp_buf jump_;
  char error_text_[kTextBytes] = {};
  char first_warning_[kTextBytes] = {};
  int warnings_ = 0;
  char overlooked_[kTextBytes] = {};
};

// Reads one PNG from a ByteSource.
class PngReadSession final : public PngErrors {
 public:
  explicit PngReadSession(ByteSource& source);
  ~PngReadSession();
  PngReadSession(const PngReadSession&) = delete;
  PngReadSession& operator=(const PngReadSession&) = delete;

  // Null where libpng could not be set up.
  png_structp png() const { return png_; }
  png_infop info() const { return info_; }

  // Polled after every MiB of input from now on: input need not become rows (empty deflate blocks, empty chunks).
  void set_watch(const Watch* watch) { watch_ = watch; }
  // Bytes that libpng has taken.
  uint64_t position() const { return position_; }
  // libpng asked for bytes beyond the end.
  bool ended_early() const { return ended_early_; }
  // Why reading stopped, where that was no fault of the picture: kIo, kStopped, kTimeout.
  const Status& source_status() const { return source_status_; }

 private:
  uint64_t taken() const override { return position_; }
  static void OnRead(png_structp png, png_bytep out, size_t count);
  bool Read(std::span<std::byte> out) noexcept;
  Result<size_t> ReadSome(std::span<std::byte> out);

  ByteSource& source_;
  const Watch* watch_ = nullptr;
  std::vector<std::byte> buffer_;  // a piece of the source that is not resident
  uint64_t buffer_offset_ = 0;
  size_t buffer_filled_ = 0;
  uint64_t position_ = 0;
  uint64_t next_poll_ = 0;
  bool ended_early_ = false;
  Status source_status_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_SESSION_H_
