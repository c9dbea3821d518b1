#include "server/provider/transport/curl_engine.h"

#include <fmt/format.h>
#include <string.h>
#include <sys/epoll.h>

#include <algorithm>
#include <mutex>

#include "common/base/version.h"
#include "server/provider/transport/transfer_state.h"

namespace plenum::provider {

namespace {

constexpr std::size_t retained_buffer_bytes = 64 * 1024;

void init_curl_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

class CurlEngine::Watch final : public runtime::FdHandler {
 public:
  Watch(CurlEngine& engine, int fd) : engine_(engine), fd_(fd) {}
  // Libcurl may close the socket inside act(), which destroys this watch.
  void on_ready(std::uint32_t events) override {
    int flags = 0;
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) != 0) flags |= CURL_CSELECT_IN;
    if ((events & EPOLLOUT) != 0) flags |= CURL_CSELECT_OUT;
    if ((events & EPOLLERR) != 0) flags |= CURL_CSELECT_ERR;
    engine_.act(fd_, flags);
  }

 private:
  CurlEngine& engine_;
  const int fd_;
};

CurlEngine::CurlEngine(runtime::EventLoop& loop, TransferOptions options) : loop_(loop), options_(options) {
  init_curl_once();
  multi_ = curl_multi_init();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlEngine::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlEngine::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
}

CurlEngine::~CurlEngine() {
  curl_multi_cleanup(multi_);
  loop_.cancel(timer_);
}

void CurlEngine::begin(TransferState& state) {
  loop_.assert_on_thread();
  state.easy = curl_easy_init();
  set_options(state);
  state.idle_timer = loop_.at(state.request.first_token_due, [&state] { state.check_idle_time(); });
  curl_multi_add_handle(multi_, state.easy);  // only arms the timer: the request starts in a later iteration
}

void CurlEngine::set_options(TransferState& state) {
  CURL* easy = state.easy;
  const auto set = [easy](CURLoption option, auto value) { curl_easy_setopt(easy, option, value); };
  set(CURLOPT_URL, state.request.url.c_str());
  if (const std::string& body = state.request.body; !body.empty()) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    set(CURLOPT_POSTFIELDS, body.data());
  }
  set(CURLOPT_HTTPHEADER, state.request.headers->list());
  set(CURLOPT_USERAGENT, fmt::format("plenum/{}", program_version()).c_str());
  // With HTTP/2 all responses of a host would share one connection, and its pausing is fragile in 7.88.
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_FOLLOWLOCATION, 0L);  // a key must not follow a redirect
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set_trust(easy, state.connection());
  set_proxy(easy, state.connection().proxy.get());
  // One connection per call: surplus bytes after a response would be read as the response of the next call
  // (docs/decisions/0012).
  set(CURLOPT_FORBID_REUSE, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TCP_NODELAY, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(state.request.limits.connect_timeout.count()));
  set(CURLOPT_BUFFERSIZE, static_cast<long>(options_.receive_buffer_bytes));
  set(CURLOPT_ERRORBUFFER, state.message.data());
  set(CURLOPT_PRIVATE, static_cast<void*>(&state));
  set(CURLOPT_HEADERFUNCTION, &CurlEngine::on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&state));
  set(CURLOPT_WRITEFUNCTION, &CurlEngine::on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&state));
  if (!state.request.pinned.empty()) {
    // `+`: the entry expires from libcurl's cache like any other.
    state.pinned = curl_slist_append(nullptr, ("+" + state.request.pinned).c_str());
    set(CURLOPT_RESOLVE, state.pinned);
  }
}

// The same authorities for the provider and for a proxy that is called over TLS.
void CurlEngine::set_trust(CURL* easy, const ConnectionOptions& connection) {
  const auto set = [easy](CURLoption option, auto value) { curl_easy_setopt(easy, option, value); };
  const auto& [file, directory, bundle] = connection.authorities;
  struct Side {
    CURLoption version, peer, host, file, directory, bundle;
  };
  constexpr Side sides[] = {{CURLOPT_SSLVERSION, CURLOPT_SSL_VERIFYPEER, CURLOPT_SSL_VERIFYHOST, CURLOPT_CAINFO,
                             CURLOPT_CAPATH, CURLOPT_CAINFO_BLOB},
                            {CURLOPT_PROXY_SSLVERSION, CURLOPT_PROXY_SSL_VERIFYPEER, CURLOPT_PROXY_SSL_VERIFYHOST,
                             CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH, CURLOPT_PROXY_CAINFO_BLOB}};
  // The file replaces the system's; its directory still provides the system's authorities.
  const char* const known = curl_version_info(CURLVERSION_NOW)->capath;
  for (const Side& side : sides) {
    set(side.version, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(side.peer, 1L);
    set(side.host, 2L);
    if (!bundle.empty()) {
      curl_blob text{const_cast<char*>(bundle.data()), bundle.size(), CURL_BLOB_NOCOPY};  // only read
      set(side.bundle, &text);
    } else if (!file.empty()) {
      set(side.file, file.c_str());
    }
    if (!directory.empty()) {
      set(side.directory, directory.c_str());
    } else if (known != nullptr && !file.empty()) {
      set(side.directory, known);
    }
  }
  if (connection.client_cert.empty()) return;
  set(CURLOPT_SSLCERT, connection.client_cert.c_str());
  set(CURLOPT_SSLKEY, connection.client_key.c_str());
}

void CurlEngine::set_proxy(CURL* easy, const Proxy* proxy) {
  const auto set = [easy](CURLoption option, auto value) { curl_easy_setopt(easy, option, value); };
  // Set in any case: otherwise libcurl reads both from the environment.
  set(CURLOPT_PROXY, proxy == nullptr ? "" : proxy->url().c_str());
  set(CURLOPT_NOPROXY, "");
  if (proxy == nullptr) return;
  set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));  // CONNECT does not contain the provider's key
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);                       // they are not the provider's
  set(CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_BASIC));
  set(CURLOPT_SOCKS5_AUTH, static_cast<long>(CURLAUTH_BASIC));
  const auto set_secret = [&set](CURLoption option, const redaction::Secret& secret) {
    if (secret.empty()) return;
    std::string terminated(secret.reveal());
    set(option, terminated.c_str());  // libcurl copies it
    explicit_bzero(terminated.data(), terminated.size());
  };
  set_secret(CURLOPT_PROXYUSERNAME, proxy->user);
  set_secret(CURLOPT_PROXYPASSWORD, proxy->password);
}

void CurlEngine::remove(TransferState& state) {
  for (auto& arrival : arrivals_) {
    if (arrival.state == &state) arrival.state = nullptr;
  }
  std::replace(done_.begin(), done_.end(), &state, static_cast<TransferState*>(nullptr));
}

int CurlEngine::on_socket(CURL*, curl_socket_t fd, int what, void* engine, void*) {
  auto& self = *static_cast<CurlEngine*>(engine);
  const auto found = self.watches_.find(fd);
  if (what == CURL_POLL_REMOVE) {
    if (found == self.watches_.end()) return 0;
    self.loop_.unwatch(fd, *found->second);
    self.watches_.erase(found);
    return 0;
  }
  const std::uint32_t events = ((what & CURL_POLL_IN) != 0 ? EPOLLIN | EPOLLRDHUP : 0U) |  //
                               ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
  if (found != self.watches_.end()) return self.loop_.rewatch(fd, events, *found->second) ? 0 : -1;
  auto& watch = self.watches_[fd] = std::make_unique<Watch>(self, fd);
  return self.loop_.watch(fd, events, *watch) ? 0 : -1;
}

int CurlEngine::on_timer(CURLM*, long timeout_ms, void* engine) {
  auto& self = *static_cast<CurlEngine*>(engine);
  self.loop_.cancel(self.timer_);
  self.timer_ = 0;
  if (timeout_ms < 0) return 0;
  self.timer_ = self.loop_.after(milliseconds(timeout_ms), [&self] {
    self.timer_ = 0;
    self.act(CURL_SOCKET_TIMEOUT, 0);
  });
  return 0;
}

std::size_t CurlEngine::on_header(char* data, std::size_t, std::size_t size, void* state) {
  auto& self = *static_cast<TransferState*>(state);
  if (!self.take_header({data, size})) return 0;
  if (self.headers.complete() && self.is_proxy_rejection()) return 0;
  if (self.headers.complete() && !self.headers_delivered) self.engine.add_arrival(self, {});
  return size;
}

std::size_t CurlEngine::on_body(char* data, std::size_t, std::size_t size, void* state) {
  auto& self = *static_cast<TransferState*>(state);
  auto& engine = self.engine;
  self.body_bytes += size;
  self.last_byte = engine.loop_.now();
  if (const auto most = self.request.limits.response_bytes_max; self.body_bytes > most) {
    self.fault =
        Error{ErrorCode::malformed, fmt::format("the response is larger than {} bytes (response_bytes_max)", most)};
    return size + 1;  // any other value than size stops the transfer
  }
  engine.add_arrival(self, {data, size});
  return size;
}

void CurlEngine::add_arrival(TransferState& state, std::string_view bytes) {
  arrived_.append(bytes);
  if (!arrivals_.empty() && arrivals_.back().state == &state) {
    arrivals_.back().size += bytes.size();
  } else {
    arrivals_.push_back({&state, bytes.size()});
  }
}

void CurlEngine::act(curl_socket_t fd, int events) {
  int running = 0;
  curl_multi_socket_action(multi_, fd, events, &running);
  collect_done();
  deliver();
}

void CurlEngine::collect_done() {
  int left = 0;
  while (const auto* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* state = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &state);
    done_.push_back(reinterpret_cast<TransferState*>(state));
    done_.back()->code = message->data.result;
  }
}

// Any listener may destroy any transfer, including its own: remove() clears the entries of these lists.
void CurlEngine::deliver() {
  deliver_arrivals();
  deliver_done();
}

void CurlEngine::deliver_arrivals() {
  std::size_t at = 0;
  for (std::size_t i = 0; i < arrivals_.size(); ++i) {
    const auto bytes = std::string_view(arrived_).substr(at, arrivals_[i].size);
    at += bytes.size();
    if (auto* state = arrivals_[i].state; state != nullptr && state->headers.complete() && !state->headers_delivered) {
      state->headers_delivered = true;
      state->listener.on_headers(state->headers.headers());
    }
    if (auto* state = arrivals_[i].state; state != nullptr && !bytes.empty()) state->listener.on_bytes(bytes);
  }
  arrivals_.clear();
  arrived_.clear();
  if (arrived_.capacity() > retained_buffer_bytes) arrived_.shrink_to_fit();
}

void CurlEngine::deliver_done() {
  for (std::size_t i = 0; i < done_.size(); ++i) {
    auto* state = done_[i];
    if (state == nullptr) continue;
    auto broken = state->fault;
    if (!broken && state->code != CURLE_OK) broken = state->error_of(state->code);
    state->release();
    state->listener.on_done(std::move(broken));
  }
  done_.clear();
}

}  // namespace plenum::provider
