// SHA-256 (FIPS 180-4). The only file that includes OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace plenum {

// Lower-case hex, 64 characters. Any thread.
std::string sha256_hex(std::string_view text);

// The digest of a text that arrives in pieces. Not thread-safe: one instance per text.
class RunningSha256 {
 public:
  RunningSha256();
  ~RunningSha256();
  RunningSha256(RunningSha256&&) noexcept;
  RunningSha256& operator=(RunningSha256&&) noexcept;

  void add(std::string_view text);
  // Lower-case hex. Call once, at the end.
  std::string finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace plenum
