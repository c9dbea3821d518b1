// Loaded in front of the C library (LD_PRELOAD): appends everything that the program does to files below
// PLENUM_DISK_DIR to the file PLENUM_DISK_TRACE (disk_trace.h), and makes calls fail as PLENUM_DISK_FAULT requires:
// `KIND:N:ERROR` or, from the N-th on, `KIND:N+:ERROR`; KIND is open, write, truncate, sync, unlink or any, or
// KIND@END for files whose names end so, ERROR is EIO or ENOSPC. Files that end in -shm are left alone: they are shared
// memory, and rebuilt after a crash. It knows the calls that SQLite and the C++ library make; files that are mapped
// into memory it cannot follow.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "tests/crash/disk/disk_trace.h"

namespace {

using plenum::tests::DiskOpKind;
using plenum::tests::DiskRecordHead;

constexpr int fds_max = 65'536;

struct Setup {
  std::string dir;  // with a slash behind it; empty: nothing is watched
  int trace = -1;
  std::string_view fault_kind, fault_end;
  unsigned long fault_at = 0;
  bool fault_stays = false;
  int fault_error = EIO;

  Setup() {
    const char* where = std::getenv("PLENUM_DISK_DIR");
    char real[PATH_MAX];
    if (where == nullptr || realpath(where, real) == nullptr) return;
    dir = std::string(real) + "/";
    if (const char* path = std::getenv("PLENUM_DISK_TRACE"); path != nullptr) {
      trace = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    }
    const char* fault = std::getenv("PLENUM_DISK_FAULT");
    const char* colon = fault == nullptr ? nullptr : std::strchr(fault, ':');
    if (colon == nullptr) return;
    fault_kind = std::string_view(fault, static_cast<std::size_t>(colon - fault));
    if (const std::size_t at = fault_kind.find('@'); at != std::string_view::npos) {
      fault_end = fault_kind.substr(at + 1);
      fault_kind = fault_kind.substr(0, at);
    }
    char* end = nullptr;
    fault_at = std::strtoul(colon + 1, &end, 10);
    fault_stays = *end == '+';
    if (std::strstr(end, "ENOSPC") != nullptr) fault_error = ENOSPC;
  }
};

const Setup& setup() {
  static const Setup* const made = new Setup;  // never destroyed: files are closed after everything else
  return *made;
}

std::atomic<const std::string*> names[fds_max];  // of the open files below the directory; never freed
std::atomic<bool> directories[fds_max];
std::atomic<unsigned long> calls{0};

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

void record(DiskOpKind kind, const std::string& name, std::uint64_t offset = 0, const void* bytes = nullptr,
            std::size_t size = 0, bool directory = false) {
  if (setup().trace < 0) return;
  const int saved_errno = errno;
  DiskRecordHead head;
  head.kind = kind;
  head.directory = directory ? 1 : 0;
  head.name_size = static_cast<std::uint16_t>(name.size());
  head.thread = static_cast<std::uint32_t>(syscall(SYS_gettid));
  head.offset = offset;
  head.size = size;
  iovec parts[] = {
      {&head, sizeof head}, {const_cast<char*>(name.data()), name.size()}, {const_cast<void*>(bytes), size}};
  // A trace with a hole would prove nothing.
  if (syscall(SYS_writev, setup().trace, parts, 3) != static_cast<long>(sizeof head + name.size() + size)) abort();
  errno = saved_errno;
}

// Whether this call is to fail; errno is set then.
bool fails(std::string_view kind, const std::string& name) {
  const Setup& s = setup();
  if (s.fault_at == 0 || (s.fault_kind != kind && s.fault_kind != "any")) return false;
  if (!std::string_view(name).ends_with(s.fault_end)) return false;
  const unsigned long call = ++calls;
  if (s.fault_stays ? call < s.fault_at : call != s.fault_at) return false;
  record(DiskOpKind::fault, name, 0, kind.data(), kind.size());
  errno = s.fault_error;
  return true;
}

// The path below the directory; false when it lies elsewhere. The last part may not be there yet.
bool below(int at, const char* path, std::string& name) {
  const Setup& s = setup();
  if (s.dir.empty() || path == nullptr) return false;
  std::string whole(path);
  if (whole.empty()) return false;
  if (whole[0] != '/') {
    char base[PATH_MAX];
    const std::string link = at == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/" + std::to_string(at);
    const ssize_t size = readlink(link.c_str(), base, sizeof base);
    if (size <= 0) return false;
    whole = std::string(base, static_cast<std::size_t>(size)) + "/" + whole;
  }
  while (whole.size() > 1 && whole.back() == '/') whole.pop_back();
  if (whole + "/" == s.dir) return name = ".", true;
  if (whole.compare(0, s.dir.size(), s.dir) != 0) return false;
  name = whole.substr(s.dir.size());
  return !std::string_view(name).ends_with("-shm");
}

const std::string* watched(int fd) { return fd >= 0 && fd < fds_max ? names[fd].load() : nullptr; }

int opened(int at, const char* path, int flags, mode_t mode) {
  std::string name;
  const bool ours = below(at, path, name);
  if (ours && fails("open", name)) return -1;
  struct stat before {};
  const bool was_there = !ours || fstatat(at, path, &before, 0) == 0;
  const int fd = static_cast<int>(syscall(SYS_openat, at, path, flags, mode));
  if (!ours || fd < 0 || fd >= fds_max) return fd;
  struct stat now {};
  fstat(fd, &now);
  directories[fd] = S_ISDIR(now.st_mode);
  names[fd] = new std::string(name);
  if (!was_there) record(DiskOpKind::create, name);
  if (was_there && (flags & O_TRUNC) != 0) record(DiskOpKind::truncate, name);
  return fd;
}

mode_t mode_of(int flags, va_list args) {
  return (flags & (O_CREAT | __O_TMPFILE)) != 0 ? static_cast<mode_t>(va_arg(args, unsigned)) : 0;
}

// After a write that was made: where it went.
ssize_t written(int fd, const std::string& name, const void* bytes, ssize_t size, off_t offset) {
  if (size <= 0) return size;
  if (offset < 0) offset = lseek(fd, 0, SEEK_CUR) - size;
  record(DiskOpKind::write, name, static_cast<std::uint64_t>(offset), bytes, static_cast<std::size_t>(size));
  return size;
}

int synced(int fd, long call) {
  const std::string* name = watched(fd);
  if (name == nullptr) return static_cast<int>(syscall(call, fd));
  const bool directory = directories[fd];
  record(DiskOpKind::sync_begin, *name, 0, nullptr, 0, directory);
  const int result = fails("sync", *name) ? -1 : static_cast<int>(syscall(call, fd));
  record(result == 0 ? DiskOpKind::sync_done : DiskOpKind::sync_failed, *name, 0, nullptr, 0, directory);
  return result;
}

int truncated(int fd, off_t size) {
  const std::string* name = watched(fd);
  if (name != nullptr && fails("truncate", *name)) return -1;
  const int result = static_cast<int>(syscall(SYS_ftruncate, fd, size));
  if (name != nullptr && result == 0) record(DiskOpKind::truncate, *name, static_cast<std::uint64_t>(size));
  return result;
}

int unlinked(int at, const char* path, int flags) {
  std::string name;
  const bool ours = below(at, path, name);
  if (ours && fails("unlink", name)) return -1;
  const int result = static_cast<int>(syscall(SYS_unlinkat, at, path, flags));
  if (ours && result == 0) record(DiskOpKind::unlink, name);
  return result;
}

int renamed(int from_at, const char* from, int to_at, const char* to, unsigned flags = 0) {
  std::string old_name, new_name;
  const bool ours = below(from_at, from, old_name) && below(to_at, to, new_name);
  const int result = static_cast<int>(syscall(SYS_renameat2, from_at, from, to_at, to, flags));
  if (ours && result == 0) record(DiskOpKind::rename, old_name, 0, new_name.data(), new_name.size());
  return result;
}

}  // namespace

extern "C" {

#define PLENUM_OPEN(function)                      \
  int function(const char* path, int flags, ...) { \
    va_list args;                                  \
    va_start(args, flags);                         \
    const mode_t mode = mode_of(flags, args);      \
    va_end(args);                                  \
    return opened(AT_FDCWD, path, flags, mode);    \
  }
#define PLENUM_OPENAT(function)                            \
  int function(int at, const char* path, int flags, ...) { \
    va_list args;                                          \
    va_start(args, flags);                                 \
    const mode_t mode = mode_of(flags, args);              \
    va_end(args);                                          \
    return opened(at, path, flags, mode);                  \
  }
PLENUM_OPEN(open)
PLENUM_OPEN(open64)
PLENUM_OPENAT(openat)
PLENUM_OPENAT(openat64)
int __open_2(const char* path, int flags) { return opened(AT_FDCWD, path, flags, 0); }
int __open64_2(const char* path, int flags) { return opened(AT_FDCWD, path, flags, 0); }
int creat(const char* path, mode_t mode) { return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char* path, mode_t mode) { return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

int close(int fd) {
  if (watched(fd) != nullptr) names[fd] = nullptr;
  return static_cast<int>(syscall(SYS_close, fd));
}

int dup2(int from, int to) {
  const int fd = static_cast<int>(syscall(SYS_dup2, from, to));
  if (fd >= 0 && fd < fds_max && from != to) {
    names[fd] = watched(from);
    directories[fd] = from < fds_max && directories[from];
  }
  return fd;
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
  const std::string* name = watched(fd);
  if (name != nullptr && fails("write", *name)) return -1;
  const ssize_t result = syscall(SYS_pwrite64, fd, bytes, size, offset);
  return name == nullptr ? result : written(fd, *name, bytes, result, offset);
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) { return pwrite64(fd, bytes, size, offset); }

// The hottest call of a server, for its sockets: unwatched descriptors pass through at once.
ssize_t write(int fd, const void* bytes, size_t size) {
  const std::string* name = watched(fd);
  if (name != nullptr && fails("write", *name)) return -1;
  const ssize_t result = syscall(SYS_write, fd, bytes, size);
  return name == nullptr ? result : written(fd, *name, bytes, result, -1);
}
ssize_t writev(int fd, const iovec* parts, int count) {
  const std::string* name = watched(fd);
  if (name == nullptr) return syscall(SYS_writev, fd, parts, count);
  if (fails("write", *name)) return -1;
  const ssize_t result = syscall(SYS_writev, fd, parts, count);
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  return written(fd, *name, bytes.data(), result, -1);
}

int ftruncate(int fd, off_t size) { return truncated(fd, size); }
int ftruncate64(int fd, off64_t size) { return truncated(fd, size); }
int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }
int unlink(const char* path) { return unlinked(AT_FDCWD, path, 0); }
int unlinkat(int at, const char* path, int flags) { return unlinked(at, path, flags); }
int remove(const char* path) {
  const int result = unlinked(AT_FDCWD, path, 0);
  return result != 0 && errno == EISDIR ? rmdir(path) : result;
}
int rename(const char* from, const char* to) { return renamed(AT_FDCWD, from, AT_FDCWD, to); }
int renameat2(int from_at, const char* from, int to_at, const char* to, unsigned flags) {
  return renamed(from_at, from, to_at, to, flags);
}
int renameat(int from_at, const char* from, int to_at, const char* to) { return renamed(from_at, from, to_at, to); }
}
