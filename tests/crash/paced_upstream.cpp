#include "tests/crash/paced_upstream.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "tests/support/net/http_text.h"
#include "tests/support/upstream/scripted_upstream.h"

namespace plenum::tests {

namespace {

std::string in_chunk(std::string_view bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

constexpr std::string_view answer_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

}  // namespace

std::string call_text(std::uint64_t number, int words) {
  std::string text = "Call " + std::to_string(number);
  for (int i = 2; i < words; ++i)
    text += " w" + std::to_string((number * 31 + static_cast<std::uint64_t>(i) * 7) % 997);
  return text + " end.";
}

// One connection of the server: a request, its answer word by word, the next request.
class PacedUpstream::Connection final : public runtime::FdHandler {
 public:
  Connection(PacedUpstream& upstream, Fd socket) : upstream_(upstream), socket_(std::move(socket)) {
    upstream_.loop_.watch(socket_.get(), EPOLLIN | EPOLLRDHUP, *this);
  }
  ~Connection() override {
    upstream_.loop_.cancel(timer_);
    upstream_.loop_.unwatch(socket_.get(), *this);
  }

  void on_ready(std::uint32_t events) override {
    if ((events & EPOLLOUT) != 0) flush();
    std::array<char, 65'536> buffer;
    const ssize_t got = recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got > 0) received_.append(buffer.data(), static_cast<std::size_t>(got));
    take_requests();
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) leave();
  }

 private:
  void take_requests() {
    UpstreamRequest request;
    while (!answering_ && take_request(received_, request.method, request.path, request.headers, request.body)) {
      begin(request.model(), request.prompt());
    }
  }

  void begin(const std::string& model, const std::string& prompt) {
    answering_ = true;
    plan_ = upstream_.planner_(model, prompt);
    const std::string text = call_text(++upstream_.calls_, plan_.words);
    upstream_.observer_(model, prompt, text);
    words_ = split_words(text);
    words_sent_ = 0;
    unsent_ += answer_head;
    flush();
    if (plan_.pace.count() == 0) {
      while (answering_) say_word();
      flush();
    } else {
      wait();
    }
  }

  void wait() {
    timer_ = upstream_.loop_.after(plan_.pace, [this] {
      say_word();
      flush();
      if (answering_)
        wait();
      else
        take_requests();
    });
  }

  void say_word() {
    if (words_sent_ < words_.size()) {
      unsent_ += in_chunk(text_chunk(words_[words_sent_++]));
      if (plan_.reasoning_between) unsent_ += in_chunk(reasoning_chunk("hm "));
      return;
    }
    unsent_ += in_chunk(closing(Vendor::openai)) + "0\r\n\r\n";
    answering_ = false;
  }

  void flush() {
    while (sent_ < unsent_.size()) {
      const ssize_t sent =
          send(socket_.get(), unsent_.data() + sent_, unsent_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) break;
      sent_ += static_cast<std::size_t>(sent);
    }
    const bool all = sent_ == unsent_.size();
    if (all) unsent_.clear(), sent_ = 0;
    if (all == want_out_) {
      want_out_ = !all;
      upstream_.loop_.rewatch(socket_.get(), EPOLLIN | EPOLLRDHUP | (want_out_ ? EPOLLOUT : 0u), *this);
    }
  }

  void leave() {
    if (gone_) return;
    gone_ = true;
    upstream_.loop_.cancel(timer_);
    upstream_.loop_.rewatch(socket_.get(), 0, *this);
    upstream_.loop_.defer([this] { upstream_.drop(this); });
  }

  PacedUpstream& upstream_;
  Fd socket_;
  std::string received_, unsent_;
  std::size_t sent_ = 0;  // of unsent_
  CallPlan plan_;
  std::vector<std::string> words_;
  std::size_t words_sent_ = 0;
  runtime::TimerId timer_{};
  bool answering_ = false, want_out_ = false, gone_ = false;
};

PacedUpstream::PacedUpstream(runtime::EventLoop& loop, Planner planner, Observer observer)
    : loop_(loop), planner_(std::move(planner)), observer_(std::move(observer)), listener_(listen_loopback(port_)) {
  fcntl(listener_.get(), F_SETFL, O_NONBLOCK);
  loop_.watch(listener_.get(), EPOLLIN, *this);
}

PacedUpstream::~PacedUpstream() { loop_.unwatch(listener_.get(), *this); }

void PacedUpstream::on_ready(std::uint32_t) {
  while (true) {
    Fd socket(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) return;
    int on = 1;  // every word is sent at once
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto connection = std::make_unique<Connection>(*this, std::move(socket));
    Connection* const key = connection.get();
    connections_.emplace(key, std::move(connection));
  }
}

void PacedUpstream::drop(Connection* connection) { connections_.erase(connection); }

}  // namespace plenum::tests
