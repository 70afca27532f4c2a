#include "tools/syscall_filter.h"

#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>

namespace tbbthumbs::tool {
namespace {

// Sanitizers look for leaks by a process of their own that traces this one, and start programs for their reports.
#ifdef TBBTHUMBS_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

constexpr int kRefused[] = {
    // The system and its kernel.
    SCMP_SYS(acct), SCMP_SYS(bpf), SCMP_SYS(delete_module), SCMP_SYS(finit_module), SCMP_SYS(init_module),
    SCMP_SYS(ioperm), SCMP_SYS(iopl), SCMP_SYS(kexec_file_load), SCMP_SYS(kexec_load), SCMP_SYS(lookup_dcookie),
    SCMP_SYS(nfsservctl), SCMP_SYS(perf_event_open), SCMP_SYS(quotactl), SCMP_SYS(reboot), SCMP_SYS(swapoff),
    SCMP_SYS(swapon), SCMP_SYS(syslog), SCMP_SYS(userfaultfd), SCMP_SYS(vhangup), SCMP_SYS(uselib),
    // Clocks and names of the machine.
    SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime), SCMP_SYS(clock_settime), SCMP_SYS(setdomainname),
    SCMP_SYS(sethostname), SCMP_SYS(settimeofday),
    // Mounts, namespaces, and files that no path leads to.
    SCMP_SYS(chroot), SCMP_SYS(fsconfig), SCMP_SYS(fsmount), SCMP_SYS(fsopen), SCMP_SYS(fspick), SCMP_SYS(mount),
    SCMP_SYS(mount_setattr), SCMP_SYS(move_mount), SCMP_SYS(name_to_handle_at), SCMP_SYS(open_by_handle_at),
    SCMP_SYS(open_tree), SCMP_SYS(pivot_root), SCMP_SYS(setns), SCMP_SYS(umount), SCMP_SYS(umount2), SCMP_SYS(unshare),
    // What a thumbnail never is, and by its name who may read it. (SQLite and copies set that of files that are open.)
    SCMP_SYS(chmod), SCMP_SYS(chown), SCMP_SYS(fchmodat), SCMP_SYS(fchownat), SCMP_SYS(lchown), SCMP_SYS(symlink),
    SCMP_SYS(symlinkat), SCMP_SYS(setxattr), SCMP_SYS(lsetxattr), SCMP_SYS(fsetxattr), SCMP_SYS(removexattr),
    SCMP_SYS(lremovexattr), SCMP_SYS(fremovexattr),
    // Other processes, and being another user.
    SCMP_SYS(kcmp), SCMP_SYS(pidfd_getfd), SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_send_signal), SCMP_SYS(process_madvise),
    SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(tkill), SCMP_SYS(capset), SCMP_SYS(setfsgid), SCMP_SYS(setfsuid), SCMP_SYS(setgid), SCMP_SYS(setgroups),
    SCMP_SYS(setregid), SCMP_SYS(setresgid), SCMP_SYS(setresuid), SCMP_SYS(setreuid), SCMP_SYS(setuid),
    // Keys, and what goes around filters.
    SCMP_SYS(add_key), SCMP_SYS(keyctl), SCMP_SYS(request_key), SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register),
    SCMP_SYS(io_uring_setup), SCMP_SYS(modify_ldt), SCMP_SYS(personality), SCMP_SYS(remap_file_pages),
    // Memory of others.
    SCMP_SYS(shmat), SCMP_SYS(shmctl), SCMP_SYS(shmdt), SCMP_SYS(shmget)};

constexpr int kOfProcesses[] = {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
                                SCMP_SYS(ptrace)};

class Filter {
 public:
  // `others`: what becomes of calls without a rule.
  explicit Filter(uint32_t others = SCMP_ACT_ALLOW) : context_(seccomp_init(others), seccomp_release) {
    if (!context_) return;
    // What other machine's calls this kernel takes too is none of this program's: the process ends there (the default).
    Keep(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1));
    // A tree of numbers, not a list to be gone through at each call.
    Keep(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));
  }

  void Refuse(int call) { Keep(seccomp_rule_add_array(context_.get(), kEperm, call, 0, nullptr)); }
  // Where all of the conditions hold.
  void Refuse(int call, std::initializer_list<scmp_arg_cmp> conditions) {
    Keep(seccomp_rule_add_array(context_.get(), kEperm, call, static_cast<unsigned>(conditions.size()),
                                std::data(conditions)));
  }
  void Allow(int call, std::initializer_list<scmp_arg_cmp> conditions = {}) {
    Keep(seccomp_rule_add_array(context_.get(), SCMP_ACT_ALLOW, call, static_cast<unsigned>(conditions.size()),
                                std::data(conditions)));
  }
  void Lack(int call) { Keep(seccomp_rule_add_array(context_.get(), SCMP_ACT_ERRNO(ENOSYS), call, 0, nullptr)); }

  Status Load() {
    if (context_) Keep(seccomp_load(context_.get()));
    if (context_ && error_ == 0) return {};
    return Fail(ErrorCode::kIo, std::string("seccomp: ") + (context_ ? std::strerror(-error_) : "no memory"));
  }

  static constexpr uint32_t kEperm = SCMP_ACT_ERRNO(EPERM);

 private:
  // Calls that this machine never had (-EDOM) need no rule.
  void Keep(int result) {
    if (error_ == 0 && result != -EDOM) error_ = result;
  }

  std::unique_ptr<void, decltype(&seccomp_release)> context_;
  int error_ = 0;
};

void RefuseSockets(Filter& filter, bool fetches) {
  if (!fetches) {
    for (const int call : {SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen),
                           SCMP_SYS(accept), SCMP_SYS(accept4)}) {
      filter.Refuse(call);
    }
    return;
  }
  for (const int call : {SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4)}) filter.Refuse(call);
  // Left are local ones, the two of the internet, and that of routes, which looking up names asks.
  static_assert(AF_UNIX < AF_INET && AF_INET + 1 < AF_INET6 && AF_INET6 < AF_NETLINK);
  const auto in_between = [&](int low, int high) {
    for (int family = low; family <= high; ++family) {
      filter.Refuse(SCMP_SYS(socket), {SCMP_A0_64(SCMP_CMP_EQ, static_cast<scmp_datum_t>(family))});
    }
  };
  in_between(0, AF_UNIX - 1);
  in_between(AF_INET + 1, AF_INET6 - 1);
  in_between(AF_INET6 + 1, AF_NETLINK - 1);
  filter.Refuse(SCMP_SYS(socket), {SCMP_A0_64(SCMP_CMP_GT, AF_NETLINK)});
  // Those of routes are raw by name.
  constexpr scmp_datum_t kTypeMask = 0xf;
  for (const int family : {AF_INET, AF_INET6}) {
    filter.Refuse(SCMP_SYS(socket), {SCMP_A0_64(SCMP_CMP_EQ, static_cast<scmp_datum_t>(family)),
                                     SCMP_A1_64(SCMP_CMP_MASKED_EQ, kTypeMask, SOCK_RAW)});
  }
}

}  // namespace

// EFAULT: the kernel knows the mode, and has looked for the filter that is not there.
bool HasSyscallFilters() { return prctl(PR_SET_SECCOMP, 2, nullptr, 0, 0) != 0 && errno == EFAULT; }

Status LimitSyscalls(bool fetches) {
  Filter filter;
  for (const int call : kRefused) filter.Refuse(call);
  if (!kSanitized) {
    for (const int call : kOfProcesses) filter.Refuse(call);
    // A thread is one that shares everything. The flags of clone3 lie in memory, where no filter sees them: without it
    // the C library takes clone.
    filter.Refuse(SCMP_SYS(clone), {SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)});
    filter.Lack(SCMP_SYS(clone3));
    // Asking whether a process is there is no signal.
    filter.Refuse(SCMP_SYS(kill), {SCMP_A1_64(SCMP_CMP_NE, 0)});
  }
  // Journals are made by it too, as regular files.
  for (const unsigned kind : {S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK}) {
    filter.Refuse(SCMP_SYS(mknod), {SCMP_A1_64(SCMP_CMP_MASKED_EQ, S_IFMT, kind)});
    filter.Refuse(SCMP_SYS(mknodat), {SCMP_A2_64(SCMP_CMP_MASKED_EQ, S_IFMT, kind)});
  }
  // A file that runs as its owner or group.
  filter.Refuse(SCMP_SYS(fchmod), {SCMP_A1_64(SCMP_CMP_MASKED_EQ, S_ISUID, S_ISUID)});
  filter.Refuse(SCMP_SYS(fchmod), {SCMP_A1_64(SCMP_CMP_MASKED_EQ, S_ISGID, S_ISGID)});
  // Typing into the terminal that others read from.
  constexpr scmp_datum_t kLow = 0xffffffff;
  filter.Refuse(SCMP_SYS(ioctl), {SCMP_A1_64(SCMP_CMP_MASKED_EQ, kLow, TIOCSTI)});
  filter.Refuse(SCMP_SYS(ioctl), {SCMP_A1_64(SCMP_CMP_MASKED_EQ, kLow, TIOCLINUX)});
  RefuseSockets(filter, fetches);
  return filter.Load();
}

Status LimitToMessages(int socket) {
  if (kSanitized) return LimitSyscalls(false);
  Filter filter(Filter::kEperm);
  const auto fd = static_cast<scmp_datum_t>(socket);
  for (const int call : {SCMP_SYS(recvmsg), SCMP_SYS(sendto)}) filter.Allow(call, {SCMP_A0_64(SCMP_CMP_EQ, fd)});
  // Memory of its own, which no instructions can be put into.
  filter.Allow(SCMP_SYS(mmap), {SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
                                SCMP_A3_64(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS)});
  filter.Allow(SCMP_SYS(mprotect), {SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)});
  for (const int call : {SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(mremap), SCMP_SYS(munmap)}) filter.Allow(call);
  for (const int call : {SCMP_SYS(clock_getres), SCMP_SYS(clock_gettime), SCMP_SYS(futex), SCMP_SYS(getpid),
                         SCMP_SYS(gettid), SCMP_SYS(gettimeofday), SCMP_SYS(sched_yield), SCMP_SYS(sysinfo)}) {
    filter.Allow(call);
  }
  // Its end: by itself, by abort(), by a fault.
  for (const int call : {SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigprocmask),
                         SCMP_SYS(rt_sigreturn)}) {
    filter.Allow(call);
  }
  filter.Allow(SCMP_SYS(tgkill), {SCMP_A0_64(SCMP_CMP_EQ, static_cast<scmp_datum_t>(getpid()))});
  return filter.Load();
}

}  // namespace tbbthumbs::tool
