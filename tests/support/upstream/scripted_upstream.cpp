#include "tests/support/upstream/scripted_upstream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tests/support/failure.h"
#include "tests/support/net/http_text.h"

namespace plenum::tests {

namespace {

constexpr seconds write_patience{60};

enum class Woken : std::uint8_t { gate, peer_left, stopped, time_over };

// Waits for the latch (none: -1), watching whether the peer disconnects meanwhile.
Woken wait_at(int socket, int gate, int stop, int timeout_ms) {
  pollfd fds[] = {{stop, POLLIN, 0}, {gate, POLLIN, 0}, {socket, POLLRDHUP, 0}};
  while (true) {
    int ready = poll(fds, std::size(fds), timeout_ms);
    if (ready == 0) return Woken::time_over;
    if (ready < 0) continue;
    if (fds[0].revents != 0) return Woken::stopped;
    if ((fds[2].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) return Woken::peer_left;
    if (fds[1].revents != 0) return Woken::gate;
  }
}

std::string head_text(const step::Head& head) {
  std::string text = "HTTP/1.1 " + std::to_string(head.status) + " Scripted\r\n";
  for (const auto& [name, value] : head.headers) text += name + ": " + value + "\r\n";
  if (head.framing == Framing::chunked) text += "Transfer-Encoding: chunked\r\n";
  if (head.framing != Framing::chunked) text += "Connection: close\r\n";
  return text + "\r\n";
}

std::string chunk_text(std::string_view bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// The texts in a message, a list of messages or a list of parts, whatever the vendor calls them.
void append_texts(const Json& json, std::string& out) {
  if (json.is_string()) {
    if (!out.empty()) out += "\n\n";
    out += json.get_ref<const std::string&>();
  } else if (json.is_array()) {
    for (const Json& item : json) append_texts(item, out);
  } else if (json.is_object()) {
    for (const char* member : {"content", "parts", "text"}) {
      if (json.contains(member)) append_texts(json[member], out);
    }
  }
}

bool fits(const Match& match, const UpstreamRequest& request) {
  return match.times != 0 && (match.path.empty() || match.path == request.path.substr(0, request.path.find('?'))) &&
         (match.model.empty() || match.model == request.model()) &&
         (match.prompt_has.empty() || request.prompt().find(match.prompt_has) != std::string::npos) &&
         (match.body_has.empty() || request.body.find(match.body_has) != std::string::npos);
}

}  // namespace

struct ScriptedUpstream::Connection {
  Fd socket;
  int number = 0;
  std::string buffered;  // read and not yet used
  Framing framing = Framing::until_close;
  std::size_t body_sent = 0;
  bool open = true;  // false once the script or the peer has ended it

  void end(Cut how) {
    if (how == Cut::reset) socket.reset();
    if (how == Cut::fin) shutdown(socket.get(), SHUT_WR);
    open = false;
  }
  void write(std::string_view bytes) { open = open && send_all(socket.get(), bytes, write_patience); }
  // Sends a piece of the body; cuts where the script requires it.
  void write_body(std::string_view bytes, const std::optional<Script::CutPoint>& cut) {
    bool last = cut && body_sent + bytes.size() >= cut->body_bytes;
    if (last) bytes = bytes.substr(0, cut->body_bytes - body_sent);
    body_sent += bytes.size();
    if (!bytes.empty()) write(framing == Framing::chunked ? chunk_text(bytes) : std::string(bytes));
    if (last && open) end(cut->how);
  }
};

std::string UpstreamRequest::model() const {
  constexpr std::string_view before = "/models/";
  if (std::size_t begin = path.find(before); begin != std::string::npos) {
    begin += before.size();
    return path.substr(begin, path.find(':', begin) - begin);
  }
  auto json = parse_json(body);
  return json && json->is_object() ? json->value("model", std::string()) : std::string();
}

std::string UpstreamRequest::prompt() const {
  std::string text;
  auto json = parse_json(body);
  if (!json || !json->is_object()) return text;
  if (json->contains("systemInstruction")) append_texts((*json)["systemInstruction"], text);
  for (const char* member : {"system", "messages", "contents"}) {
    if (json->contains(member)) append_texts((*json)[member], text);
  }
  return text;
}

ScriptedUpstream::ScriptedUpstream() : listener_(listen_loopback(port_)) {
  acceptor_ = std::thread([this] { accept_connections(); });
}

ScriptedUpstream::~ScriptedUpstream() {
  stop_.open();
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
}

void ScriptedUpstream::on(Match match, Script script) {
  std::lock_guard lock(mutex_);
  rules_.push_back({std::move(match), std::move(script)});
}

void ScriptedUpstream::always_by(std::function<Script(const UpstreamRequest&)> make) {
  std::lock_guard lock(mutex_);
  rules_.push_back({{}, Script(), std::move(make)});
}

void ScriptedUpstream::stop_listening() {
  reject_.open();
  // Returns once a connection is really refused, so that a test need not guess.
  while (connect_loopback(port_)) {
  }
}

void ScriptedUpstream::stop_accepting() {
  ignore_.open();
  pollfd ready{ignoring_.fd(), POLLIN, 0};
  while (poll(&ready, 1, -1) < 0) {
  }
}

void ScriptedUpstream::reject_connections() {
  listener_.close();
  // Connections are refused, and the port stays bound meanwhile: another upstream there would answer.
  reserved_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(reserved_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(port_);
  bind(reserved_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

void ScriptedUpstream::fill_queue() {
  listen(listener_.get(), 0);
  while (true) {
    Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const sockaddr_in address = loopback(port_);
    connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    // Loopback answers at once or not at all.
    pollfd writable{socket.get(), POLLOUT, 0};
    const bool full = poll(&writable, 1, 50) == 0;
    queued_.push_back(std::move(socket));
    if (full) return;
  }
}

std::size_t ScriptedUpstream::request_count() const {
  std::lock_guard lock(mutex_);
  return requests_.size();
}

UpstreamRequest ScriptedUpstream::request(std::size_t index) const {
  std::lock_guard lock(mutex_);
  if (index >= requests_.size()) {
    throw Failure("the upstream saw " + std::to_string(requests_.size()) + " requests, not " +
                  std::to_string(index + 1));
  }
  return requests_[index];
}

int ScriptedUpstream::open_connections() const {
  std::lock_guard lock(mutex_);
  return open_;
}

int ScriptedUpstream::most_at_once() const {
  std::lock_guard lock(mutex_);
  return most_under_way_;
}

void ScriptedUpstream::note_under_way(int change) {
  std::lock_guard lock(mutex_);
  under_way_ += change;
  most_under_way_ = std::max(most_under_way_, under_way_);
}

bool ScriptedUpstream::wait_for_requests(std::size_t count, Deadline deadline) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline.at(), [&] { return requests_.size() >= count; });
}

bool ScriptedUpstream::wait_until_closed(std::size_t index, Deadline deadline) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline.at(),
                             [&] { return index < requests_.size() && requests_[index].peer_closed; });
}

void ScriptedUpstream::accept_connections() {
  int number = 0;
  while (true) {
    pollfd fds[] = {
        {stop_.fd(), POLLIN, 0}, {reject_.fd(), POLLIN, 0}, {ignore_.fd(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    const bool open = listener_ && queued_.empty();
    if (poll(fds, open ? std::size(fds) : 1, -1) < 0) continue;
    if (fds[0].revents != 0) return;
    if (fds[1].revents != 0) reject_connections();
    if (fds[1].revents == 0 && fds[2].revents != 0) {
      fill_queue();
      ignoring_.open();
      continue;
    }
    if (fds[1].revents != 0 || fds[3].revents == 0) continue;
    Fd socket(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) continue;
    int on = 1;  // a script's pieces leave as they are sent, not when the kernel finds them long enough
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto connection = std::make_shared<Connection>();
    connection->socket = std::move(socket);
    connection->number = ++number;
    threads_.emplace_back([this, connection] { serve(*connection); });
  }
}

void ScriptedUpstream::serve(Connection& connection) {
  {
    std::lock_guard lock(mutex_);
    ++open_;
  }
  UpstreamRequest request;
  while (connection.open && read_request(connection, request)) {
    std::size_t index = record(request);
    play(connection, script_for(request), index);
  }
  // A peer that is still sending would see a reset instead of the end that the script wants.
  if (connection.socket) wait_at(connection.socket.get(), -1, stop_.fd(), 1000);
  connection.socket.close();
  std::lock_guard lock(mutex_);
  --open_;
  changed_.notify_all();
}

bool ScriptedUpstream::read_request(Connection& connection, UpstreamRequest& request) {
  request = {};
  request.connection = connection.number;
  while (!take_request(connection.buffered, request.method, request.path, request.headers, request.body)) {
    pollfd fds[] = {{stop_.fd(), POLLIN, 0}, {connection.socket.get(), POLLIN, 0}};
    if (poll(fds, 2, -1) < 0) continue;
    if (fds[0].revents != 0) return false;
    if (receive(connection.socket.get(), connection.buffered, seconds(10)) != Received::bytes) return false;
  }
  request.at = TestClock::now();
  return true;
}

std::size_t ScriptedUpstream::record(const UpstreamRequest& request) {
  std::lock_guard lock(mutex_);
  requests_.push_back(request);
  changed_.notify_all();
  return requests_.size() - 1;
}

Script ScriptedUpstream::script_for(const UpstreamRequest& request) {
  std::lock_guard lock(mutex_);
  auto rule = std::find_if(rules_.begin(), rules_.end(), [&](const Rule& r) { return fits(r.match, request); });
  if (rule == rules_.end()) {
    return Script::answer(404, R"({"error":{"message":"no script for this request","type":"invalid_request_error"}})");
  }
  if (rule->match.times > 0) --rule->match.times;
  return rule->make ? rule->make(request) : rule->script;
}

void ScriptedUpstream::play(Connection& connection, const Script& script, std::size_t request_index) {
  bool peer_left = false;
  auto wait = [&](int gate, int timeout_ms) {
    Woken woken = wait_at(connection.socket.get(), gate, stop_.fd(), timeout_ms);
    peer_left = woken == Woken::peer_left;
    if (woken == Woken::peer_left || woken == Woken::stopped) connection.open = false;
  };
  connection.framing = Framing::until_close;
  connection.body_sent = 0;
  note_under_way(1);
  bool noted = true;
  for (const Step& current : script.steps()) {
    if (&current == &script.steps().back()) {
      note_under_way(-1);
      noted = false;
    }
    if (auto* head = std::get_if<step::Head>(&current)) {
      connection.framing = head->framing;
      connection.write(head_text(*head));
    } else if (auto* send = std::get_if<step::Send>(&current)) {
      connection.write_body(send->bytes, script.cut_point());
      peer_left = !connection.open && !script.cut_point();
    } else if (auto* gate = std::get_if<step::WaitFor>(&current)) {
      wait(gate->gate.fd(), -1);
    } else if (auto* pause = std::get_if<step::Pause>(&current)) {
      wait(-1, static_cast<int>(pause->length.count()));
    } else if (auto* end = std::get_if<step::End>(&current)) {
      connection.end(end->how);
    } else if (auto* repeat = std::get_if<step::Repeat>(&current)) {
      while (connection.open) {
        connection.write_body(repeat->bytes, script.cut_point());
        if (connection.open) wait(-1, 0);
      }
      peer_left = peer_left || !script.cut_point();
    } else if (auto* closed = std::get_if<step::CloseListener>(&current)) {
      closed->reject ? stop_listening() : stop_accepting();
    } else {
      wait(-1, -1);
    }
    if (!connection.open) break;
  }
  if (noted) note_under_way(-1);  // it broke off before its last step
  if (connection.open && connection.framing == Framing::chunked) connection.write("0\r\n\r\n");
  if (connection.framing != Framing::chunked && connection.open) connection.end(Cut::fin);
  if (!peer_left) return;
  std::lock_guard lock(mutex_);
  requests_[request_index].peer_closed = true;
  changed_.notify_all();
}

}  // namespace plenum::tests
