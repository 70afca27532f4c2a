#include "tools/decoder_channel.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tbbthumbs::tool {
namespace {

size_t PageBytes() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

}  // namespace

MessageSocket::MessageSocket(Descriptor fd) : fd_(std::move(fd)) {
  // What can't be had is missed when a message comes.
  const int on = 1;
  setsockopt(fd_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
}

bool MessageSocket::Send(const DecoderMessage& message) const {
  const std::vector<std::byte> bytes = Pack(message);
  ssize_t sent = 0;
  do {
    sent = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(bytes.size());
}

MessageSocket::Got MessageSocket::Receive(DecoderMessage& message, bool wait) {
  buffer_.resize(kMostMessageBytes);
  iovec piece{buffer_.data(), buffer_.size()};
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(ucred))> control{};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  ssize_t bytes = 0;
  do {
    bytes = recvmsg(fd_.get(), &header, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
  } while (bytes < 0 && errno == EINTR);
  if (bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Got::kNothing;
  if (bytes <= 0) return Got::kEnd;
  sender_ = 0;
  const cmsghdr* const said = CMSG_FIRSTHDR(&header);
  if (said != nullptr && said->cmsg_level == SOL_SOCKET && said->cmsg_type == SCM_CREDENTIALS) {
    ucred sender{};
    std::memcpy(&sender, CMSG_DATA(said), sizeof sender);
    sender_ = sender.pid;
  }
  if ((header.msg_flags & MSG_TRUNC) != 0) return Got::kGarbage;
  const auto said_bytes = std::span(buffer_).first(static_cast<size_t>(bytes));
  return Unpack(said_bytes, message) ? Got::kMessage : Got::kGarbage;
}

Result<SharedMemory> SharedMemory::Make(size_t area_bytes) {
  Descriptor fd(memfd_create("tbbthumbs-picture", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (fd.get() < 0) return FailErrno("memfd_create");
  const size_t page = PageBytes();
  const size_t bytes = (area_bytes + page - 1) / page * page + kWindowBytes;
  if (ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0) return FailErrno("ftruncate");
  // Who has it can't take it away from others: they would die of it.
  if (fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) return FailErrno("sealing");
  return Map(std::move(fd), bytes);
}

Result<SharedMemory> SharedMemory::Open(Descriptor fd) {
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return FailErrno("fstat");
  if (static_cast<size_t>(info.st_size) < kWindowBytes) return Fail(ErrorCode::kIo, "it is no memory of this program");
  return Map(std::move(fd), static_cast<size_t>(info.st_size));
}

Result<SharedMemory> SharedMemory::Map(Descriptor fd, size_t bytes) {
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd.get(), 0);
  if (memory == MAP_FAILED) return FailErrno("mmap");
  return SharedMemory(std::move(fd), {static_cast<std::byte*>(memory), bytes});
}

SharedMemory::~SharedMemory() {
  if (!bytes_.empty()) munmap(bytes_.data(), bytes_.size());
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : fd_(std::move(other.fd_)), bytes_(std::exchange(other.bytes_, {})) {}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  fd_ = std::move(other.fd_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

void SharedMemory::Trim(size_t kept_bytes) const {
  const size_t page = PageBytes();
  const size_t kept = (kept_bytes + page - 1) / page * page;
  if (kept >= area().size()) return;
  const auto rest = area().subspan(kept);
  // A kernel that can't keeps it.
  madvise(rest.data(), rest.size(), MADV_REMOVE);
}

}  // namespace tbbthumbs::tool
