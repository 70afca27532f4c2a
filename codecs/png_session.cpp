#include "codecs/png_session.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <new>
#include <string_view>

namespace tbbthumbs {
namespace {

// Reading from files: large enough that the system calls do not count, small enough for the second-level cache.
constexpr size_t kReadBytes = 64 << 10;
// Input between two looks at the watch: about a millisecond of libpng's work.
constexpr uint64_t kPollBytes = 1 << 20;
// A file with more than this has nothing worth the time.
constexpr int kMaxWarnings = 100;
constexpr char kWrongAdler[] = "IDAT: incorrect data check";

}  // namespace

// Of checksums libpng does not say where they stand.
void PngErrors::CopyText(char (&to)[kTextBytes], const char* from) const {
  constexpr size_t kCrcBytes = 4;
  constexpr std::string_view kWrongCrc = ": CRC error";
  std::string_view text(from);
  if (text.ends_with(kWrongCrc)) {
    text.remove_suffix(kWrongCrc.size());
    std::snprintf(to, kTextBytes, "chunk %.*s has a wrong checksum at byte %llu", static_cast<int>(text.size()),
                  text.data(), static_cast<unsigned long long>(taken() - kCrcBytes));
    return;
  }
  const size_t length = std::min(text.size(), kTextBytes - 1);
  std::memcpy(to, from, length);
  to[length] = '\0';
}

bool PngErrors::wrong_adler() const { return std::strcmp(error_text_, kWrongAdler) == 0; }

bool PngErrors::out_of_memory() const {
  return std::strstr(error_text_, "emory") != nullptr;  // "Out of memory", "insufficient memory", "Memory ..."
}

void PngErrors::OnError(png_structp png, png_const_charp text) {
  auto* errors = static_cast<PngErrors*>(png_get_error_ptr(png));
  errors->CopyText(errors->error_text_, text);
  std::longjmp(errors->jump_, 1);
}

void PngErrors::OnWarning(png_structp png, png_const_charp text) {
  auto* errors = static_cast<PngErrors*>(png_get_error_ptr(png));
  if (errors->warnings_ == 0) errors->CopyText(errors->first_warning_, text);
  const bool damage = std::strcmp(text, "IDAT: CRC error") == 0 || std::strcmp(text, kWrongAdler) == 0;
  if (damage && errors->overlooked_[0] == '\0') errors->CopyText(errors->overlooked_, text);
  if (++errors->warnings_ > kMaxWarnings) png_error(png, "too many warnings");
}

PngReadSession::PngReadSession(ByteSource& source) : source_(source) {
  PngErrors* errors = this;
  const bool made = Guarded([&] {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, errors, OnError, OnWarning);
    if (png_ == nullptr) return;
    info_ = png_create_info_struct(png_);
    png_set_read_fn(png_, this, OnRead);
  });
  if (!made || info_ == nullptr) png_destroy_read_struct(&png_, &info_, nullptr);
}

PngReadSession::~PngReadSession() { png_destroy_read_struct(&png_, &info_, nullptr); }

void PngReadSession::OnRead(png_structp png, png_bytep out, size_t count) {
  auto* session = static_cast<PngReadSession*>(png_get_io_ptr(png));
  if (!session->Read({reinterpret_cast<std::byte*>(out), count})) png_error(png, "the data ends early");
}

bool PngReadSession::Read(std::span<std::byte> out) noexcept {
  try {
    if (watch_ != nullptr && position_ >= next_poll_) {
      next_poll_ = position_ + kPollBytes;
      source_status_ = watch_->Poll();
      if (!source_status_) return false;
    }
    while (!out.empty()) {
      const Result<size_t> got = ReadSome(out);
      if (!got) {
        source_status_ = tl::unexpected<Error>(got.error());
        return false;
      }
      if (*got == 0) {
        ended_early_ = true;
        return false;
      }
      position_ += *got;
      out = out.subspan(*got);
    }
    return true;
  } catch (const std::bad_alloc&) {
    source_status_ = tl::unexpected<Error>(Error{ErrorCode::kOutOfMemory, "out of memory"});
    return false;
  }
}

Result<size_t> PngReadSession::ReadSome(std::span<std::byte> out) {
  const auto copy_from = [&](std::span<const std::byte> piece) {
    const size_t count = std::min(out.size(), piece.size());
    std::memcpy(out.data(), piece.data(), count);
    return count;
  };
  const std::span<const std::byte> resident = source_.Resident();
  if (position_ < resident.size()) return copy_from(resident.subspan(position_));
  if (position_ < buffer_offset_ || position_ - buffer_offset_ >= buffer_filled_) {
    buffer_.resize(kReadBytes);
    Result<size_t> got = source_.ReadAt(position_, buffer_);
    if (!got) return got;
    buffer_offset_ = position_;
    buffer_filled_ = *got;
  }
  return copy_from(std::span(buffer_).first(buffer_filled_).subspan(position_ - buffer_offset_));
}

}  // namespace tbbthumbs
