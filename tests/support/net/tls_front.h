// Stands before a scripted upstream and speaks TLS to those who connect, with a certificate that is good
// or bad in one known way. Certificates are made in memory for each front.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <thread>

#include "tests/support/latch.h"
#include "tests/support/net/sockets.h"

namespace plenum::tests {

enum class Certificate : std::uint8_t {
  good,         // for 127.0.0.1 and front.quick.test, signed by authority_pem()
  self_signed,  // for 127.0.0.1, by itself
  expired,      // like good, but until yesterday
  wrong_host,   // like good, but for another name
};

// PEM texts of a client.
struct ClientIdentity {
  std::string certificate, key;
};

// Any thread may ask; connections have threads of their own.
class TlsFront {
 public:
  // Passes what it decrypts to this loopback port. only_tls_1_0: it speaks nothing newer. Once requires_client() was
  // called, only clients with a certificate of the authority are served.
  TlsFront(std::uint16_t upstream_port, Certificate certificate, bool only_tls_1_0 = false);
  ~TlsFront();  // closes every connection and joins

  std::string base_url() const { return "https://127.0.0.1:" + std::to_string(port_) + "/v1"; }
  std::string base_url(const std::string& host) const {
    return "https://" + host + ":" + std::to_string(port_) + "/v1";
  }
  void requires_client();
  // A new certificate and its key, signed by the authority or by itself.
  static ClientIdentity client_identity(bool self_signed = false);
  // The certificate of the authority that signed all but the self-signed ones; the same in the whole process.
  static std::string authority_pem();

 private:
  struct Context;

  void accept_connections();
  void serve(Fd socket);

  const std::uint16_t upstream_port_;  // set once
  std::uint16_t port_ = 0;             // set once
  std::unique_ptr<Context> context_;   // set once
  Fd listener_;                        // only the accepting thread, after construction
  Latch stop_{"stop"};                 // any thread
  std::list<std::thread> threads_;     // only the accepting thread, then the destructor
  std::thread acceptor_;
};

}  // namespace plenum::tests
