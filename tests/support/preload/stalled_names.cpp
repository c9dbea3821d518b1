// Loaded in front of the C library (LD_PRELOAD): a look-up of a name under stall.test waits for ever, as
// it does when a name server is gone, one under quick.test is this machine, and others are as they are.
// A stalled look-up ends with the process: nothing waits for its thread but exit, which does not.
#include <dlfcn.h>
#include <netdb.h>
#include <unistd.h>

#include <string_view>

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** found) {
  using GetAddrInfo = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto next = reinterpret_cast<GetAddrInfo>(dlsym(RTLD_NEXT, "getaddrinfo"));
  const std::string_view host = name == nullptr ? "" : name;
  while (host.ends_with(".stall.test")) pause();
  return next(host.ends_with(".quick.test") ? "127.0.0.1" : name, service, hints, found);
}
