// The PEM files that TLS connections to providers use: authorities, and the client's own certificate and key. They are
// checked at startup; libcurl reads them again for each connection, so that a renewed file needs no restart.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace plenum::provider {

// Authorities that are trusted. Empty fields: those of the system.
struct Authorities {
  std::string file;       // PEM, in place of the system's file
  std::string directory;  // of hashed files, in place of the system's
  std::string bundle;     // PEM text in place of `file`
};

//   ca_file      of the provider or the server: trusted besides the system's authorities; empty: none
//   environment  as getenv: SSL_CERT_FILE and SSL_CERT_DIR replace the system's authorities, as in OpenSSL
//   note         receives what is wrong with a variable, which is then not used; empty: nothing is
// Fails with config_invalid if ca_file cannot be used. Blocks on the disk.
Result<Authorities> authorities_of(const std::string& ca_file,
                                   const std::function<const char*(const char* name)>& environment, std::string& note);

// Whether the files contain a certificate and its private key, unencrypted. Fails with config_invalid. Blocks on the
// disk.
Result<void> check_client_certificate(const std::string& certificate_file, const std::string& key_file);

}  // namespace plenum::provider
