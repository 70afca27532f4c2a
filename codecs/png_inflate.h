// A zlib stream, inflated by ISA-L. Private to codecs/png*.
#ifndef TBBTHUMBS_CODECS_PNG_INFLATE_H_
#define TBBTHUMBS_CODECS_PNG_INFLATE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace tbbthumbs {

// Inflates one stream after the other; keeps about 90 KB. Less strict than zlib in one thing: codes of a block that
// leave bit patterns unused pass as long as none of those comes. Single-threaded.
class ZlibInflater {
 public:
  enum class State {
    kGoesOn,  // the output is full or the input is used up
    kEnd,     // the stream is complete, and its Adler-32 right
    kBad,     // it is none, or damaged: for good
  };

  ZlibInflater();
  ~ZlibInflater();
  ZlibInflater(const ZlibInflater&) = delete;
  ZlibInflater& operator=(const ZlibInflater&) = delete;

  // Forgets the stream before. Throws std::bad_alloc.
  void Begin();

  // Call Begin first, and Inflate until input_left() is 0 or State::kEnd, before the next. `input` is borrowed till
  // then.
  void SetInput(std::span<const std::byte> input);
  // Of what SetInput gave. Read-ahead of up to 8 bytes is not among it.
  size_t input_left() const;

  // Writes the next bytes to `out`, as many as there are and fit; `written` says how many. Where `out` is filled, a
  // call with an empty one tells whether the stream has ended there.
  State Inflate(std::span<std::byte> out, size_t& written);

  // The stream has more bytes than it was asked for.
  bool holds_output() const;

 private:
  struct Impl;

  State TakeHeader();

  std::unique_ptr<Impl> impl_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_PNG_INFLATE_H_
