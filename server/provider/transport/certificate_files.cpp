#include "server/provider/transport/certificate_files.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>

namespace plenum::provider {

namespace {

constexpr std::uintmax_t file_bytes_max = 16 * 1024 * 1024;

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Text = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

Failure unusable(std::string_view setting, const std::string& path, std::string_view why, std::string remedy) {
  return Failure(Error{ErrorCode::config_invalid, fmt::format("{}: {} {}", setting, path, why), std::move(remedy)});
}

// Nothing if it is not a readable file; a pipe or a device might never end.
std::optional<std::string> content_of(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  const auto size = std::filesystem::file_size(path, error);
  if (error || size > file_bytes_max) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::optional<std::string> certificates_in(const std::string& path) {
  auto text = content_of(path);
  if (text && text->find("-----BEGIN CERTIFICATE-----") == std::string::npos) text.reset();
  return text;
}

Text memory_of(const std::string& text) { return Text(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// In place of OpenSSL's own, which reads a passphrase from the terminal.
int no_passphrase(char*, int, int, void* requested) {
  *static_cast<bool*>(requested) = true;
  return -1;
}

std::string value_of(const std::function<const char*(const char*)>& environment, const char* name) {
  const char* value = environment(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Result<Authorities> authorities_of(const std::string& ca_file,
                                   const std::function<const char*(const char* name)>& environment, std::string& note) {
  Authorities authorities;
  authorities.file = value_of(environment, "SSL_CERT_FILE");
  authorities.directory = value_of(environment, "SSL_CERT_DIR");
  std::error_code error;
  if (!authorities.directory.empty() && !std::filesystem::is_directory(authorities.directory, error)) {
    note = fmt::format("SSL_CERT_DIR: {} is not a directory; it is not used", authorities.directory);
    authorities.directory.clear();
  }
  std::optional<std::string> of_system;
  if (!authorities.file.empty() && !(of_system = certificates_in(authorities.file))) {
    note = fmt::format("SSL_CERT_FILE: {} cannot be read or contains no PEM certificate; it is not used",
                       authorities.file);
    authorities.file.clear();
  }
  if (ca_file.empty()) return authorities;
  auto own = certificates_in(ca_file);
  if (!own) {
    return unusable("ca_file", ca_file, "cannot be read or contains no PEM certificate",
                    "Name a PEM file with the authority that signed the provider's certificate.");
  }
  // Libcurl takes one file only. The system's directory remains trusted beside it.
  if (of_system) authorities.bundle = std::move(*own) + "\n" + *of_system;
  authorities.file = ca_file;
  return authorities;
}

Result<void> check_client_certificate(const std::string& certificate_file, const std::string& key_file) {
  const auto certificate_text = content_of(certificate_file);
  const Certificate certificate(
      certificate_text ? PEM_read_bio_X509(memory_of(*certificate_text).get(), nullptr, nullptr, nullptr) : nullptr);
  if (certificate == nullptr) {
    ERR_clear_error();
    return unusable("client_cert", certificate_file, "cannot be read or contains no PEM certificate",
                    "Name a PEM file with the client certificate, followed by its intermediate certificates.");
  }
  auto key_text = content_of(key_file);
  bool encrypted = false;
  const Key key(key_text ? PEM_read_bio_PrivateKey(memory_of(*key_text).get(), nullptr, no_passphrase, &encrypted)
                         : nullptr);
  if (key_text) explicit_bzero(key_text->data(), key_text->size());
  ERR_clear_error();
  if (encrypted) {
    return unusable("client_key", key_file, "is encrypted with a passphrase, which the server does not have",
                    "Store the key without a passphrase, readable by the server only: openssl pkey -in KEY -out FILE.");
  }
  if (key == nullptr) {
    return unusable("client_key", key_file, "cannot be read or contains no PEM private key",
                    "Name a PEM file with the private key of client_cert.");
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    ERR_clear_error();
    return unusable("client_key", key_file, fmt::format("is not the private key of {}", certificate_file),
                    "Name the key that belongs to client_cert.");
  }
  return {};
}

}  // namespace plenum::provider
