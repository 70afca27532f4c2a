// Large blocks of the command's memory in huge pages, where the system has those for whoever asks: a picture of 100
// megapixels comes to be there, and goes again when the process ends, in a tenth of the time.
#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

constexpr size_t kHugePage = size_t{2} << 20;
// Of which several pages are whole.
constexpr size_t kLargeBlock = 4 * kHugePage;

// The pages that lie wholly within: what is beside them would be memory that nobody asked for.
void AskForHugePages(void* block, size_t size) {
  const auto begin = reinterpret_cast<uintptr_t>(block);
  const uintptr_t first = (begin + kHugePage - 1) / kHugePage * kHugePage;
  const uintptr_t end = (begin + size) / kHugePage * kHugePage;
  // A system without them has small ones.
  madvise(static_cast<char*>(block) + (first - begin), end - first, MADV_HUGEPAGE);
}

}  // namespace

void* operator new(size_t size) {
  for (;;) {
    if (void* const block = std::malloc(size == 0 ? 1 : size)) {
      if (size >= kLargeBlock) AskForHugePages(block, size);
      return block;
    }
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, size_t /*size*/) noexcept { std::free(block); }
