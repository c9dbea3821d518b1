#include "server/provider/transfer.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace plenum::provider {

namespace {

constexpr std::size_t arrived_bytes_kept = 64 * 1024;

void init_curl_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

RequestHeaders::RequestHeaders(std::string_view key_header, const secret::Secret& key,
                               const std::vector<std::string_view>& more) {
  add("Content-Type: application/json");
  add("Accept: text/event-stream");
  add("Expect:");  // else libcurl waits a second for 100-continue before a large body
  for (const auto line : more) add(line);
  if (!key.empty()) add(key_header, key.reveal());
}

RequestHeaders::~RequestHeaders() {
  for (auto* line = list_; line != nullptr; line = line->next) explicit_bzero(line->data, strlen(line->data));
  curl_slist_free_all(list_);
}

void RequestHeaders::add(std::string_view before, std::string_view secret) {
  std::string line;
  line.reserve(before.size() + secret.size());  // no second copy of the key by growing
  line.append(before).append(secret);
  list_ = curl_slist_append(list_, line.c_str());
  explicit_bzero(line.data(), line.size());
}

struct Transfer::State {
  State(Transfers::Engine& owner, TransferRequest asked, TransferListener& hearer)
      : engine(owner), request(std::move(asked)), listener(hearer) {}
  ~State() { release(); }

  // Takes the handle out of libcurl, which closes the connection if an answer was under way on it.
  void release();
  bool take_header(std::string_view line);
  Error error_of(CURLcode code) const;
  void watch_silence();

  Transfers::Engine& engine;
  TransferRequest request;
  TransferListener& listener;
  CURL* easy = nullptr;
  curl_slist* pinned = nullptr;
  HeadReader head;
  bool head_told = false;
  bool answering = false;  // note_answer() was called
  bool sent = true;        // until it is known better
  std::size_t head_bytes = 0, body_bytes = 0;
  std::optional<Error> fault;  // why our own callbacks stopped the transfer
  CURLcode code = CURLE_OK;
  SteadyTime last_byte{};  // of the body
  runtime::TimerId silence_timer = 0;
  std::array<char, CURL_ERROR_SIZE> message{};
};

// Libcurl's callbacks only note what arrived; listeners hear of it when libcurl has returned. So a
// listener may remove handles, which libcurl forbids inside its callbacks.
class Transfers::Engine {
 public:
  Engine(runtime::EventLoop& loop, TransferOptions options);
  ~Engine();

  void begin(Transfer::State& state);
  void forget(Transfer::State& state);  // it goes away: nothing more for it

  runtime::EventLoop& loop_;       // set once
  const TransferOptions options_;  // set once
  CURLM* multi_;                   // set once

 private:
  class Watch;
  struct Arrival {
    Transfer::State* state;  // null: forgotten
    std::size_t size;        // of its share of arrived_, which follows the one before
  };

  static int on_socket(CURL*, curl_socket_t fd, int what, void* engine, void*);
  static int on_timer(CURLM*, long timeout_ms, void* engine);
  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* state);
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* state);

  void set_options(Transfer::State& state);
  void act(curl_socket_t fd, int events);
  void collect_done();
  void deliver();
  void note_arrival(Transfer::State& state, std::string_view bytes);

  runtime::TimerId timer_ = 0;                               // only the home loop
  std::unordered_map<int, std::unique_ptr<Watch>> watches_;  // only the home loop
  std::string arrived_;                                      // only the home loop: body bytes of this turn
  std::vector<Arrival> arrivals_;                            // only the home loop
  std::vector<Transfer::State*> done_;                       // only the home loop; null: forgotten
};

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
  set(CURLOPT_USERAGENT, "plenum/" PLENUM_VERSION);
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
    auto broken = state->fault ? state->fault : std::nullopt;
    if (!broken && state->code != CURLE_OK) broken = state->error_of(state->code);
    state->release();
    state->listener.on_done(std::move(broken));
  }
  done_.clear();
}

void Transfer::State::release() {
  engine.forget(*this);
  engine.loop_.cancel(silence_timer);
  silence_timer = 0;
  if (easy == nullptr) return;
  long request_bytes = 0;
  curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_bytes);
  sent = request_bytes > 0;
  curl_multi_remove_handle(engine.multi_, easy);
  curl_easy_cleanup(easy);
  curl_slist_free_all(pinned);
  easy = nullptr;
  pinned = nullptr;
}

bool Transfer::State::take_header(std::string_view line) {
  head_bytes += line.size();
  if (const auto most = request.bounds.head_bytes_max; head_bytes > most) {
    fault = Error{ErrorCode::malformed,
                  fmt::format("the head of the answer is larger than {} bytes (head_bytes_max)", most)};
    return false;
  }
  head.take_line(line, engine.loop_.clock().wall());
  return true;
}

Error Transfer::State::error_of(CURLcode code_seen) const {
  const std::string why = message[0] != '\0' ? message.data() : curl_easy_strerror(code_seen);
  switch (code_seen) {
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorCode::timeout,
              fmt::format("no connection within {} ms (connect_timeout_ms)", request.bounds.connect_timeout.count())};
    case CURLE_PARTIAL_FILE:
      return {ErrorCode::truncated, "the connection ended in the middle of the answer"};
    case CURLE_GOT_NOTHING:
      return {ErrorCode::transport, "the connection was closed before any answer came"};
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return {ErrorCode::malformed, "the answer is not HTTP/1.1: " + why};
    case CURLE_OUT_OF_MEMORY:  // libcurl's word for a header line beyond its own bound of 100 KB
      return {ErrorCode::malformed, "a header line of the answer is too long"};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
      return {ErrorCode::transport, "no trusted encrypted connection: " + why,
              "Check that base_url names the right host and that this machine trusts its certificate."};
    default:
      return {ErrorCode::transport, why};
  }
}

// One timer for the whole transfer: it is not moved with every read, but looks when it fires how long
// the silence has really been.
void Transfer::State::watch_silence() {
  silence_timer = 0;
  const auto& bounds = request.bounds;
  const auto due = answering ? last_byte + bounds.idle_timeout : request.first_token_due;
  if (engine.loop_.clock().steady() < due) {
    silence_timer = engine.loop_.at(due, [this] { watch_silence(); });
    return;
  }
  release();
  auto what = answering ? fmt::format("the answer fell silent for {} ms (idle_timeout_ms)", bounds.idle_timeout.count())
                        : fmt::format("no token of an answer within {} ms (first_token_timeout_ms)",
                                      bounds.first_token_timeout.count());
  listener.on_done(Error{ErrorCode::timeout, std::move(what)});
}

Transfer::Transfer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Transfer::~Transfer() = default;

void Transfer::note_answer() {
  auto& state = *state_;
  if (state.answering || state.easy == nullptr) return;
  state.answering = true;
  state.engine.loop_.cancel(state.silence_timer);
  const auto due = state.last_byte + state.request.bounds.idle_timeout;
  state.silence_timer = state.engine.loop_.at(due, [&state] { state.watch_silence(); });
}

bool Transfer::sent() const { return state_->sent; }

Transfers::Transfers(runtime::EventLoop& loop, TransferOptions options)
    : engine_(std::make_unique<Engine>(loop, options)) {}
Transfers::~Transfers() = default;

std::unique_ptr<Transfer> Transfers::post(TransferRequest request, TransferListener& listener) {
  auto state = std::make_unique<Transfer::State>(*engine_, std::move(request), listener);
  engine_->begin(*state);
  return std::make_unique<Transfer>(std::move(state));
}

}  // namespace plenum::provider
