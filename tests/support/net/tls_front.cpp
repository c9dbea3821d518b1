#include "tests/support/net/tls_front.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>

#include "tests/support/failure.h"

namespace plenum::tests {

namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Freed<X509_free>>;
using Connection = std::unique_ptr<SSL, Freed<SSL_free>>;

constexpr long day_s = 24 * 3600;

struct Identity {
  Key key;
  Cert cert;
};

void extend(X509* cert, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  if (extension == nullptr) throw Failure(std::string("no certificate extension ") + value);
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
}

// `issuer` null: signed by itself.
Identity make(const char* name, const char* alternative_name, long until_s, const Identity* issuer, bool authority) {
  static long serial = 1;  // fronts are made by one thread
  Identity made{Key(EVP_EC_gen("P-256")), Cert(X509_new())};
  X509* cert = made.cert.get();
  if (made.key == nullptr || cert == nullptr) throw Failure("no certificate");
  const Identity& signer = issuer == nullptr ? made : *issuer;
  X509_set_version(cert, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
  X509_gmtime_adj(X509_getm_notBefore(cert), -30 * day_s);
  X509_gmtime_adj(X509_getm_notAfter(cert), until_s);
  X509_set_pubkey(cert, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(cert, X509_get_subject_name(signer.cert.get()));
  extend(cert, signer.cert.get(), NID_basic_constraints, authority ? "critical,CA:TRUE" : "CA:FALSE");
  extend(cert, signer.cert.get(), NID_subject_key_identifier, "hash");
  if (alternative_name != nullptr) extend(cert, signer.cert.get(), NID_subject_alt_name, alternative_name);
  if (X509_sign(cert, signer.key.get(), EVP_sha256()) == 0) throw Failure("no signature");
  return made;
}

const Identity& the_authority() {
  static const Identity authority = make("Test authority", nullptr, day_s, nullptr, true);
  return authority;
}

Identity identity_of(Certificate kind) {
  const Identity& authority = the_authority();
  switch (kind) {
    case Certificate::good:
      return make("upstream", "IP:127.0.0.1,DNS:front.quick.test", day_s, &authority, false);
    case Certificate::self_signed:
      return make("alone", "IP:127.0.0.1", day_s, nullptr, false);
    case Certificate::expired:
      return make("upstream", "IP:127.0.0.1", -day_s, &authority, false);
    case Certificate::wrong_host:
      return make("upstream", "DNS:other.example.test", day_s, &authority, false);
  }
  throw Failure("no such certificate");
}

}  // namespace

struct TlsFront::Context {
  explicit Context(Certificate kind, bool only_tls_1_0) : context(SSL_CTX_new(TLS_server_method())) {
    const Identity identity = identity_of(kind);
    // The security level of today's default would not even offer TLS 1.0.
    if (only_tls_1_0) {
      SSL_CTX_set_cipher_list(context.get(), "ALL:@SECLEVEL=0");
      SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
      SSL_CTX_set_max_proto_version(context.get(), TLS1_VERSION);
    }
    if (SSL_CTX_use_certificate(context.get(), identity.cert.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context.get(), identity.key.get()) != 1) {
      throw Failure("the certificate is not taken");
    }
  }
  std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context;
};

namespace {

std::string text_of(BIO* memory) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  return std::string(bytes, static_cast<std::size_t>(size));
}

// Reads what a rejected client still sends: a close before that is a reset, which may overtake the alert.
void close_later(const Fd& socket) {
  shutdown(socket.get(), SHUT_WR);
  std::string ignored;
  while (receive(socket.get(), ignored, seconds(5)) == Received::bytes) ignored.clear();
}

}  // namespace

void TlsFront::requires_client() {
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context_->context.get()), the_authority().cert.get());
  SSL_CTX_set_verify(context_->context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

ClientIdentity TlsFront::client_identity(bool self_signed) {
  const Identity made = make("client", nullptr, day_s, self_signed ? nullptr : &the_authority(), false);
  const std::unique_ptr<BIO, Freed<BIO_free_all>> certificate(BIO_new(BIO_s_mem())), key(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(certificate.get(), made.cert.get());
  PEM_write_bio_PrivateKey(key.get(), made.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {text_of(certificate.get()), text_of(key.get())};
}

TlsFront::TlsFront(std::uint16_t upstream_port, Certificate certificate, bool only_tls_1_0)
    : upstream_port_(upstream_port),
      context_(std::make_unique<Context>(certificate, only_tls_1_0)),
      listener_(listen_loopback(port_)) {
  acceptor_ = std::thread([this] { accept_connections(); });
}

TlsFront::~TlsFront() {
  stop_.open();
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
}

std::string TlsFront::authority_pem() {
  std::unique_ptr<BIO, Freed<BIO_free_all>> memory(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(memory.get(), the_authority().cert.get());
  return text_of(memory.get());
}

void TlsFront::accept_connections() {
  while (true) {
    pollfd fds[] = {{stop_.fd(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    if (poll(fds, 2, -1) < 0) continue;
    if (fds[0].revents != 0) return;
    auto socket = std::make_shared<Fd>(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (*socket) threads_.emplace_back([this, socket] { serve(std::move(*socket)); });
  }
}

void TlsFront::serve(Fd socket) {
  // A silent peer must not block the destructor forever.
  const timeval patience{10, 0};
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  Connection tls(SSL_new(context_->context.get()));
  SSL_set_fd(tls.get(), socket.get());
  if (SSL_accept(tls.get()) != 1) return close_later(socket);  // refused, as most fronts are there to be
  Fd upstream = connect_loopback(upstream_port_);
  std::array<char, 16'384> buffer;
  while (true) {
    pollfd fds[] = {{stop_.fd(), POLLIN, 0}, {socket.get(), POLLIN, 0}, {upstream.get(), POLLIN, 0}};
    if (SSL_pending(tls.get()) == 0 && poll(fds, 3, -1) < 0) continue;
    if (fds[0].revents != 0) return;
    if (SSL_pending(tls.get()) > 0 || fds[1].revents != 0) {
      const int got = SSL_read(tls.get(), buffer.data(), static_cast<int>(buffer.size()));
      if (got <= 0 || !send_all(upstream.get(), {buffer.data(), static_cast<std::size_t>(got)}, seconds(10))) return;
    }
    if (fds[2].revents != 0) {
      const ssize_t got = recv(upstream.get(), buffer.data(), buffer.size(), 0);
      if (got <= 0) return void(SSL_shutdown(tls.get()));
      if (SSL_write(tls.get(), buffer.data(), static_cast<int>(got)) <= 0) return;
    }
  }
}

}  // namespace plenum::tests
