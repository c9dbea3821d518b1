#include "common/base/sha256.h"

#include <openssl/evp.h>

#include <array>

#include "common/base/strings.h"

namespace plenum {

struct RunningSha256::Context {
  Context() : digest(EVP_MD_CTX_new()) { EVP_DigestInit_ex(digest, EVP_sha256(), nullptr); }
  ~Context() { EVP_MD_CTX_free(digest); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  EVP_MD_CTX* digest;
};

RunningSha256::RunningSha256() : context_(std::make_unique<Context>()) {}
RunningSha256::~RunningSha256() = default;
RunningSha256::RunningSha256(RunningSha256&&) noexcept = default;
RunningSha256& RunningSha256::operator=(RunningSha256&&) noexcept = default;

void RunningSha256::add(std::string_view text) { EVP_DigestUpdate(context_->digest, text.data(), text.size()); }

std::string RunningSha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  EVP_DigestFinal_ex(context_->digest, bytes.data(), &size);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) append_hex(hex, bytes[i]);
  return hex;
}

std::string sha256_hex(std::string_view text) {
  RunningSha256 digest;
  digest.add(text);
  return digest.finish();
}

}  // namespace plenum
