#include "server/provider/transport/curl_engine.h"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>
#include <mutex>

#include "common/base/version.h"

namespace plenum::provider {

namespace {

constexpr std::size_t arrived_bytes_kept = 64 * 1024;

void init_curl_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

class Transfers::Engine::Watch final : public runtime::FdHandler {
 public:
  Watch(Engine& engine, int fd) : engine_(engine), fd_(fd) {}
  // Libcurl may close the socket in there, which destroys this watch: nothing of it is touched after.
  void on_ready(std::uint32_t events) override {
    int flags = 0;
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) != 0) flags |= CURL_CSELECT_IN;
    if ((events & EPOLLOUT) != 0) flags |= CURL_CSELECT_OUT;
    if ((events & EPOLLERR) != 0) flags |= CURL_CSELECT_ERR;
    engine_.act(fd_, flags);
  }

 private:
  Engine& engine_;
  const int fd_;
};

Transfers::Engine::Engine(runtime::EventLoop& loop, TransferOptions options) : loop_(loop), options_(options) {
  init_curl_once();
  multi_ = curl_multi_init();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Engine::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Engine::on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
}

Transfers::Engine::~Engine() {
  curl_multi_cleanup(multi_);
  loop_.cancel(timer_);
}

void Transfers::Engine::begin(Transfer::State& state) {
  state.easy = curl_easy_init();
  set_options(state);
  state.silence_timer = loop_.at(state.request.first_token_due, [&state] { state.watch_silence(); });
  curl_multi_add_handle(multi_, state.easy);  // only arms the timer: it begins in a later turn
}

void Transfers::Engine::set_options(Transfer::State& state) {
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
  // HTTP/2 would let all answers of a host share one fate, and its pausing is fragile in 7.88.
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  // A key must not follow a redirect or go through a proxy that nobody asked for.
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options_.ca_file.empty()) {
    set(CURLOPT_CAINFO, options_.ca_file.c_str());
    // That took the place of the system's own file; its folder, given once more, keeps those authorities.
    if (const auto* known = curl_version_info(CURLVERSION_NOW)->capath) set(CURLOPT_CAPATH, known);
  }
  // One connection a call: bytes that an upstream sent behind an answer would be read as the next call's
  // (docs/decisions/0012).
  set(CURLOPT_FORBID_REUSE, 1L);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TCP_NODELAY, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(state.request.bounds.connect_timeout.count()));
  set(CURLOPT_BUFFERSIZE, static_cast<long>(options_.receive_buffer_bytes));
  set(CURLOPT_ERRORBUFFER, state.message.data());
  set(CURLOPT_PRIVATE, static_cast<void*>(&state));
  set(CURLOPT_HEADERFUNCTION, &Engine::on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&state));
  set(CURLOPT_WRITEFUNCTION, &Engine::on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&state));
  if (!state.request.pinned.empty()) {
    // `+`: it may leave libcurl's cache like any other name, instead of staying for good.
    state.pinned = curl_slist_append(nullptr, ("+" + state.request.pinned).c_str());
    set(CURLOPT_RESOLVE, state.pinned);
  }
}

void Transfers::Engine::forget(Transfer::State& state) {
  for (auto& arrival : arrivals_) {
    if (arrival.state == &state) arrival.state = nullptr;
  }
  std::replace(done_.begin(), done_.end(), &state, static_cast<Transfer::State*>(nullptr));
}

int Transfers::Engine::on_socket(CURL*, curl_socket_t fd, int what, void* engine, void*) {
  auto& self = *static_cast<Engine*>(engine);
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

int Transfers::Engine::on_timer(CURLM*, long timeout_ms, void* engine) {
  auto& self = *static_cast<Engine*>(engine);
  self.loop_.cancel(self.timer_);
  self.timer_ = 0;
  if (timeout_ms < 0) return 0;
  self.timer_ = self.loop_.after(milliseconds(timeout_ms), [&self] {
    self.timer_ = 0;
    self.act(CURL_SOCKET_TIMEOUT, 0);
  });
  return 0;
}

std::size_t Transfers::Engine::on_header(char* data, std::size_t, std::size_t size, void* state) {
  auto& self = *static_cast<Transfer::State*>(state);
  if (!self.take_header({data, size})) return 0;
  if (self.head.whole() && !self.head_told) self.engine.note_arrival(self, {});
  return size;
}

std::size_t Transfers::Engine::on_body(char* data, std::size_t, std::size_t size, void* state) {
  auto& self = *static_cast<Transfer::State*>(state);
  auto& engine = self.engine;
  self.body_bytes += size;
  self.last_byte = engine.loop_.now();
  if (const auto most = self.request.bounds.response_bytes_max; self.body_bytes > most) {
    self.fault =
        Error{ErrorCode::malformed, fmt::format("the answer is larger than {} bytes (response_bytes_max)", most)};
    return size + 1;  // anything but size stops the transfer
  }
  engine.note_arrival(self, {data, size});
  return size;
}

void Transfers::Engine::note_arrival(Transfer::State& state, std::string_view bytes) {
  arrived_.append(bytes);
  if (!arrivals_.empty() && arrivals_.back().state == &state) {
    arrivals_.back().size += bytes.size();
  } else {
    arrivals_.push_back({&state, bytes.size()});
  }
}

void Transfers::Engine::act(curl_socket_t fd, int events) {
  int running = 0;
  curl_multi_socket_action(multi_, fd, events, &running);
  collect_done();
  deliver();
}

void Transfers::Engine::collect_done() {
  int left = 0;
  while (const auto* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* state = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &state);
    done_.push_back(reinterpret_cast<Transfer::State*>(state));
    done_.back()->code = message->data.result;
  }
}

// Any listener may destroy any transfer, its own included: forget() empties its places in these lists.
void Transfers::Engine::deliver() {
  std::size_t at = 0;
  for (std::size_t i = 0; i < arrivals_.size(); ++i) {
    const auto bytes = std::string_view(arrived_).substr(at, arrivals_[i].size);
    at += bytes.size();
    if (auto* state = arrivals_[i].state; state != nullptr && state->head.whole() && !state->head_told) {
      state->head_told = true;
      state->listener.on_head(state->head.head());
    }
    if (auto* state = arrivals_[i].state; state != nullptr && !bytes.empty()) state->listener.on_bytes(bytes);
  }
  arrivals_.clear();
  arrived_.clear();
  if (arrived_.capacity() > arrived_bytes_kept) arrived_.shrink_to_fit();
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
