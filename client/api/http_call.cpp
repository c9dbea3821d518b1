#include "client/api/http_call.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>

#include "common/base/strings.h"
#include "common/base/version.h"

namespace plenum::client {
namespace {

// Once per process, before the first handle (libcurl, "Global preparation").
void prepare_library() {
  struct Library {
    Library() { curl_global_init(CURL_GLOBAL_DEFAULT); }
    ~Library() { curl_global_cleanup(); }
  };
  static const Library library;
}

struct CloseEasy {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct CloseMulti {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::optional<milliseconds> retry_after_from(const std::string& value) {
  constexpr std::int64_t day_s = 86'400;  // a client at a terminal does not wait longer
  std::int64_t wait_s = 0;
  const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), wait_s);
  if (fault == std::errc() && end == value.data() + value.size()) {
    return seconds(std::clamp<std::int64_t>(wait_s, 0, day_s));
  }
  const time_t date = curl_getdate(value.c_str(), nullptr);
  if (date == -1) return std::nullopt;
  return seconds(std::clamp<std::int64_t>(date - std::time(nullptr), 0, day_s));
}

// The state of one call during libcurl's callbacks.
class Call {
 public:
  Call(const HttpRequest& request, HttpReader& reader, Waiter& waiting)
      : request_(request), reader_(reader), waiting_(waiting) {
    prepare_library();
    easy_.reset(curl_easy_init());
    multi_.reset(curl_multi_init());
  }
  ~Call() {
    if (added_) curl_multi_remove_handle(multi_.get(), easy_.get());
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  HttpOutcome run();

 private:
  void configure();
  void configure_transport();
  std::optional<HttpOutcome> finished();
  HttpOutcome outcome_of(CURLcode code);
  // Nothing while the call may continue to wait.
  std::optional<HttpOutcome> wait_for_activity();
  void take_header(std::string_view line);

  static std::size_t on_header(char* bytes, std::size_t one, std::size_t count, void* self);
  static std::size_t on_body(char* bytes, std::size_t one, std::size_t count, void* self);

  const HttpRequest& request_;
  HttpReader& reader_;
  Waiter& waiting_;
  std::unique_ptr<CURL, CloseEasy> easy_;
  std::unique_ptr<CURLM, CloseMulti> multi_;
  std::unique_ptr<curl_slist, FreeList> headers_;
  char error_text_[CURL_ERROR_SIZE] = {};
  HttpHead head_;
  SteadyTime last_byte_{};
  bool added_ = false;
  bool head_delivered_ = false;
  bool stopped_ = false;  // by the reader
};

HttpOutcome Call::run() {
  if (!easy_ || !multi_) return {HttpEnd::not_connected, "out of memory"};
  configure();
  last_byte_ = waiting_.now();
  curl_multi_add_handle(multi_.get(), easy_.get());
  added_ = true;
  while (true) {
    int running = 0;
    const CURLMcode code = curl_multi_perform(multi_.get(), &running);
    if (code != CURLM_OK) return {HttpEnd::broken, curl_multi_strerror(code)};
    if (auto outcome = finished()) return *outcome;
    if (auto outcome = wait_for_activity()) return *outcome;
  }
}

void Call::configure() {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_URL, request_.url.c_str());
  curl_slist* list = nullptr;
  for (const std::string& header : request_.headers) list = curl_slist_append(list, header.c_str());
  list = curl_slist_append(list, "Expect:");  // no 100-continue, which costs a round trip or a second
  headers_.reset(list);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
  if (request_.method == "POST" || !request_.body.empty()) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  }
  if (request_.method != "GET" && request_.method != "POST") {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Call::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Call::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request_.total_timeout.count()));
  configure_transport();
}

void Call::configure_transport() {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);  // an id of a caller may be ".."
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);  // the program ignores SIGPIPE itself
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, fmt::format("plenum/{}", program_version()).c_str());
  // http_proxy of the environment does not apply to a server on this machine; libcurl reads further exceptions
  // from no_proxy.
  curl_easy_setopt(easy, CURLOPT_NOPROXY,
                   std::getenv("no_proxy") || std::getenv("NO_PROXY") ? nullptr : "localhost,127.0.0.1,::1");
}

std::optional<HttpOutcome> Call::finished() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg == CURLMSG_DONE) return outcome_of(message->data.result);
  }
  return std::nullopt;
}

HttpOutcome Call::outcome_of(CURLcode code) {
  if (code == CURLE_OK) return {};
  if (stopped_) return {HttpEnd::stopped, {}};
  std::string cause = error_text_[0] != '\0' ? error_text_ : curl_easy_strerror(code);
  long system_error = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &system_error);
  if (code == CURLE_COULDNT_CONNECT && system_error != 0) cause = std::strerror(static_cast<int>(system_error));
  // The bytes that were sent show whether the server can have acted. libcurl's code does not: it has one code for
  // both timeouts, and reports a response that is not HTTP as an unknown protocol.
  long sent_bytes = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_REQUEST_SIZE, &sent_bytes);
  if (sent_bytes == 0) return {HttpEnd::not_connected, std::move(cause), system_error == ECONNREFUSED};
  const bool not_http = code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY;
  if (not_http) cause = "the response is not HTTP; another program may be listening at that address";
  return {code == CURLE_OPERATION_TIMEDOUT ? HttpEnd::timed_out : HttpEnd::broken, std::move(cause)};
}

std::optional<HttpOutcome> Call::wait_for_activity() {
  milliseconds wait = std::min(milliseconds(1'000), reader_.on_wait());
  const milliseconds silence_max = reader_.silence_max();
  if (silence_max.count() > 0) {
    const auto left = last_byte_ + silence_max - waiting_.now();
    if (left.count() <= 0) return HttpOutcome{HttpEnd::silent, "the server sent nothing, not even a heartbeat"};
    wait = std::min(wait, std::chrono::ceil<milliseconds>(left));
  }
  curl_waitfd wake{waiting_.wake_fd(), CURL_WAIT_POLLIN, 0};
  const unsigned count = wake.fd >= 0 ? 1 : 0;
  const CURLMcode code = curl_multi_poll(multi_.get(), &wake, count, static_cast<int>(wait.count()), nullptr);
  if (code != CURLM_OK) return HttpOutcome{HttpEnd::broken, curl_multi_strerror(code)};
  if (count == 1 && wake.revents != 0 && !waiting_.woken()) return HttpOutcome{HttpEnd::interrupted, {}};
  return std::nullopt;
}

void Call::take_header(std::string_view line) {
  last_byte_ = waiting_.now();
  if (line.starts_with("HTTP/")) {
    head_ = {};
    const auto space = line.find(' ');
    const std::string_view code = space == line.npos ? std::string_view() : line.substr(space + 1, 3);
    std::from_chars(code.data(), code.data() + code.size(), head_.status);
    return;
  }
  const auto colon = line.find(':');
  if (colon == line.npos) return;
  const std::string_view name = trimmed(line.substr(0, colon));
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (equal_ignoring_case(name, "content-type")) head_.content_type = value;
  if (equal_ignoring_case(name, "retry-after")) head_.retry_after = retry_after_from(std::string(value));
}

std::size_t Call::on_header(char* bytes, std::size_t one, std::size_t count, void* self) {
  Call& call = *static_cast<Call*>(self);
  const std::string_view line(bytes, one * count);
  if (!trimmed(line).empty()) {
    call.take_header(line);
    return line.size();
  }
  // An empty line ends a head. Heads with 1xx precede the final one; trailers follow the body.
  if (call.head_.status < 200 || call.head_delivered_) return line.size();
  call.head_delivered_ = true;
  if (call.reader_.on_head(call.head_)) return line.size();
  call.stopped_ = true;
  return 0;
}

std::size_t Call::on_body(char* bytes, std::size_t one, std::size_t count, void* self) {
  Call& call = *static_cast<Call*>(self);
  call.last_byte_ = call.waiting_.now();
  if (call.reader_.on_bytes({bytes, one * count})) return one * count;
  call.stopped_ = true;
  return 0;
}

}  // namespace

HttpOutcome perform(const HttpRequest& request, HttpReader& reader, Waiter& waiting) {
  return Call(request, reader, waiting).run();
}

}  // namespace plenum::client
