// Three planes of Y, Cb and Cr on their way to RGB.
#ifndef TBBTHUMBS_CODECS_YCC_JOINER_H_
#define TBBTHUMBS_CODECS_YCC_JOINER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "codecs/chroma_rows.h"
#include "codecs/row_sink.h"

namespace tbbthumbs {

// Makes of a picture that comes as ColorModel::kYcc one of 8-bit RGB on the luma's grid, for `next`; passes all others
// through untouched. Between the samples of coarser (or finer) chroma it interpolates linearly, as each lies in the
// picture. Holds the luma rows whose chroma has not come yet: the decoders deliver planes in bands. `next` must outlive
// it.
class YccJoiner final : public RowSink {
 public:
  explicit YccJoiner(RowSink& next) : next_(next) {}

  [[nodiscard]] Status Begin(const RowFormat& format) override;
  [[nodiscard]] Status Row(int plane, std::span<const std::byte> row) override;
  [[nodiscard]] Status End() override;

 private:
  // Hands on the rows of which all is there.
  Status Emit();

  RowSink& next_;
  bool joins_ = false;
  PlaneFormat luma_;
  RowQueue luma_rows_;
  int next_row_ = 0;
  std::array<ChromaRows, 2> chroma_;
  std::vector<uint8_t> rgb_;
};

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_CODECS_YCC_JOINER_H_
