// fault_disk DIRECTORY MOUNTPOINT RULES: the directory seen again, through a disk on which go wrong what the file of
// rules says. Says "ready" once it is mounted; unmounts and ends on SIGTERM, and with the process that has started it.
#define FUSE_USE_VERSION 312
#include <dirent.h>
#include <fcntl.h>
#include <fuse.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

#include "tests/fault_disk/rules.h"

namespace tbbthumbs::testing {
namespace {

struct Disk {
  int root;
  Rules rules;
};

Disk& TheDisk() { return *static_cast<Disk*>(fuse_get_context()->private_data); }
int Root() { return TheDisk().root; }

// From the directory shown.
const char* Inside(const char* path) { return path[1] == '\0' ? "." : path + 1; }

Rules::Fate Meet(const char* operation, const char* path) { return TheDisk().rules.Meet(operation, path); }

int Done(int result) { return result < 0 ? -errno : 0; }

// The call, unless it is to fail.
template <class Call>
int Try(const char* operation, const char* path, Call call) {
  const Rules::Fate fate = Meet(operation, path);
  return fate.error != 0 ? -fate.error : call();
}

void* Init(fuse_conn_info*, fuse_config* config) {
  config->entry_timeout = 0;
  config->attr_timeout = 0;
  config->negative_timeout = 0;
  config->use_ino = 1;
  std::puts("ready");
  std::fflush(stdout);
  return fuse_get_context()->private_data;
}

int GetAttributes(const char* path, struct stat* status, fuse_file_info* file) {
  return Try("stat", path, [&] {
    return Done(file != nullptr ? fstat(static_cast<int>(file->fh), status)
                                : fstatat(Root(), Inside(path), status, AT_SYMLINK_NOFOLLOW));
  });
}

int ReadLink(const char* path, char* target, size_t size) {
  const ssize_t count = readlinkat(Root(), Inside(path), target, size - 1);
  if (count < 0) return -errno;
  target[count] = '\0';
  return 0;
}

int OpenAs(const char* path, int flags, mode_t mode, fuse_file_info* file) {
  const int fd = openat(Root(), Inside(path), flags | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) return -errno;
  file->fh = static_cast<uint64_t>(fd);
  // Each read comes here. But SQLite maps what lies beside its files.
  file->direct_io = std::strstr(path, "journal.db") == nullptr ? 1 : 0;
  return 0;
}

int Open(const char* path, fuse_file_info* file) {
  return Try("open", path, [&] { return OpenAs(path, file->flags & (O_ACCMODE | O_TRUNC), 0, file); });
}

int Create(const char* path, mode_t mode, fuse_file_info* file) {
  return Try("create", path,
             [&] { return OpenAs(path, (file->flags & (O_ACCMODE | O_EXCL | O_TRUNC)) | O_CREAT, mode, file); });
}

int Read(const char* path, char* bytes, size_t size, off_t offset, fuse_file_info* file) {
  const Rules::Fate fate = Meet("read", path);
  if (fate.error != 0) return -fate.error;
  const ssize_t count =
      pread(static_cast<int>(file->fh), bytes, std::min(size, fate.most_bytes.value_or(size)), offset);
  return count < 0 ? -errno : static_cast<int>(count);
}

int Write(const char* path, const char* bytes, size_t size, off_t offset, fuse_file_info* file) {
  const Rules::Fate fate = Meet("write", path);
  if (fate.error != 0) return -fate.error;
  const ssize_t count =
      pwrite(static_cast<int>(file->fh), bytes, std::min(size, fate.most_bytes.value_or(size)), offset);
  return count < 0 ? -errno : static_cast<int>(count);
}

int Truncate(const char* path, off_t size, fuse_file_info* file) {
  if (file != nullptr) return Done(ftruncate(static_cast<int>(file->fh), size));
  const int fd = openat(Root(), Inside(path), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return -errno;
  const int result = Done(ftruncate(fd, size));
  close(fd);
  return result;
}

int Sync(const char* path, int, fuse_file_info* file) {
  return Try("sync", path, [&] { return Done(fsync(static_cast<int>(file->fh))); });
}

int Release(const char*, fuse_file_info* file) { return Done(close(static_cast<int>(file->fh))); }

int ReadDirectory(const char* path, void* buffer, fuse_fill_dir_t fill, off_t, fuse_file_info*, fuse_readdir_flags) {
  return Try("list", path, [&] {
    const int fd = openat(Root(), Inside(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* const stream = fd < 0 ? nullptr : fdopendir(fd);
    if (stream == nullptr) return -errno;
    while (const dirent* found = readdir(stream)) {
      struct stat status {};
      status.st_ino = found->d_ino;
      status.st_mode = static_cast<mode_t>(DTTOIF(found->d_type));
      fill(buffer, found->d_name, &status, 0, fuse_fill_dir_flags{});
    }
    closedir(stream);
    return 0;
  });
}

int Rename(const char* from, const char* to, unsigned flags) {
  return Try("rename", to, [&] { return Done(renameat2(Root(), Inside(from), Root(), Inside(to), flags)); });
}

int Link(const char* from, const char* to) {
  return Try("link", to, [&] { return Done(linkat(Root(), Inside(from), Root(), Inside(to), 0)); });
}

int MakeDirectory(const char* path, mode_t mode) {
  return Try("mkdir", path, [&] { return Done(mkdirat(Root(), Inside(path), mode)); });
}

int Unlink(const char* path) {
  return Try("remove", path, [&] { return Done(unlinkat(Root(), Inside(path), 0)); });
}

int RemoveDirectory(const char* path) {
  return Try("remove", path, [&] { return Done(unlinkat(Root(), Inside(path), AT_REMOVEDIR)); });
}

int StatDisk(const char*, struct statvfs* status) { return Done(fstatvfs(Root(), status)); }

int SetTimes(const char* path, const timespec* times, fuse_file_info*) {
  return Done(utimensat(Root(), Inside(path), times, AT_SYMLINK_NOFOLLOW));
}

int SetMode(const char* path, mode_t mode, fuse_file_info*) { return Done(fchmodat(Root(), Inside(path), mode, 0)); }

fuse_operations Operations() {
  fuse_operations operations{};
  operations.init = Init;
  operations.getattr = GetAttributes;
  operations.readlink = ReadLink;
  operations.open = Open;
  operations.create = Create;
  operations.read = Read;
  operations.write = Write;
  operations.truncate = Truncate;
  operations.fsync = Sync;
  operations.release = Release;
  operations.readdir = ReadDirectory;
  operations.rename = Rename;
  operations.link = Link;
  operations.mkdir = MakeDirectory;
  operations.unlink = Unlink;
  operations.rmdir = RemoveDirectory;
  operations.statfs = StatDisk;
  operations.utimens = SetTimes;
  operations.chmod = SetMode;
  return operations;
}

int Serve(char** arguments) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  Disk disk{open(arguments[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC), Rules(arguments[3])};
  if (disk.root < 0) {
    std::perror(arguments[1]);
    return 2;
  }
  std::string program = arguments[0];
  std::string foreground = "-f";
  std::string flag = "-o";
  // Should this process be killed, libfuse's helper unmounts.
  std::string options = "auto_unmount,default_permissions,allow_other,fsname=fault-disk";
  std::string place = arguments[2];
  char* words[] = {program.data(), foreground.data(), flag.data(), options.data(), place.data(), nullptr};
  const fuse_operations operations = Operations();
  return fuse_main(5, words, &operations, &disk);
}

}  // namespace
}  // namespace tbbthumbs::testing

int main(int argc, char** argv) {
  if (argc == 4) return tbbthumbs::testing::Serve(argv);
  std::fputs("fault_disk DIRECTORY MOUNTPOINT RULES\n", stderr);
  return 2;
}
