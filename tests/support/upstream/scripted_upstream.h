// A scripted model provider: a real HTTP/1.1 server on a free loopback port that
// answers the paths of three vendors by scripts and can misbehave in every way a socket allows.
// It is written on bare sockets because a library would keep it from misbehaving.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/json/json.h"
#include "tests/support/deadline.h"
#include "tests/support/net/sockets.h"
#include "tests/support/upstream/upstream_script.h"

namespace plenum::tests {

// What came in, as it came.
struct UpstreamRequest {
  std::string method, path;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  TestClock::time_point at{};
  int connection = 0;        // number of the connection, from 1
  bool peer_closed = false;  // the peer left before the script had ended

  // Of the body, or of the path as Gemini has it; empty when there is none.
  std::string model() const;
  // The texts of all messages in any of the three dialects, joined by blank lines.
  std::string prompt() const;
};

// Which requests a script is for; empty parts match everything.
struct Match {
  std::string model{};
  std::string prompt_has{};
  std::string body_has{};  // of the request
  int times = -1;          // how often the script is played before the next rule has its turn; -1: always
  std::string path{};      // the whole path without its query
};

// Every call may come from the test's threads while the upstream serves.
class ScriptedUpstream {
 public:
  ScriptedUpstream();
  ~ScriptedUpstream();  // closes every connection and joins

  std::uint16_t port() const { return port_; }
  // What goes into a provider's `base_url`.
  std::string base_url(Vendor vendor = Vendor::openai) const {
    return "http://127.0.0.1:" + std::to_string(port_) + (vendor == Vendor::gemini ? "/v1beta" : "/v1");
  }

  // Rules are tried in the order in which they were added; a request without a rule gets a 404 error body.
  void on(Match match, Script script);
  // The next request that no earlier rule takes is answered so, once.
  void next(Script script) { on({.times = 1}, std::move(script)); }
  void always(Script script) { on({}, std::move(script)); }
  // Every request is answered by a script that depends on it. The function may be called on any thread.
  void always_by(std::function<Script(const UpstreamRequest&)> make);
  // From now on connections are refused.
  void stop_listening();
  // From now on connections are not accepted and the queue for them is full: the kernel drops what requests
  // one, and connecting hangs as it does towards a host behind a silent firewall.
  void stop_accepting();

  std::size_t request_count() const;
  UpstreamRequest request(std::size_t index) const;  // throws Failure when there is none
  int open_connections() const;
  // How many requests at most were under way at once, each until the last step of its script begins: a
  // peer that has read that far may rightly send its next one.
  int most_at_once() const;

  // False when the deadline passed first.
  bool wait_for_requests(std::size_t count, Deadline deadline) const;
  // The peer has closed the connection of this request before its script had ended.
  bool wait_until_closed(std::size_t request_index, Deadline deadline) const;

 private:
  struct Rule {
    Match match;
    Script script;
    std::function<Script(const UpstreamRequest&)> make{};  // instead of `script`
  };
  struct Connection;

  void accept_connections();
  void reject_connections();
  void fill_queue();
  void serve(Connection& connection);
  bool read_request(Connection& connection, UpstreamRequest& request);
  void play(Connection& connection, const Script& script, std::size_t request_index);
  Script script_for(const UpstreamRequest& request);
  void note_under_way(int change);
  std::size_t record(const UpstreamRequest& request);

  std::uint16_t port_ = 0;      // set once
  Fd listener_;                 // only the accepting thread, after construction
  Latch stop_{"stop"};          // any thread
  Latch reject_{"reject"};      // any thread
  Latch ignore_{"ignore"};      // any thread
  Latch ignoring_{"ignoring"};  // any thread: open once the queue is full
  Fd reserved_;                 // only the accepting thread: holds the port without listening
  std::list<Fd> queued_;        // only the accepting thread: what fills the queue
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::list<Rule> rules_;                  // guarded by mutex_
  std::vector<UpstreamRequest> requests_;  // guarded by mutex_
  int open_ = 0;                           // guarded by mutex_
  int under_way_ = 0;                      // guarded by mutex_
  int most_under_way_ = 0;                 // guarded by mutex_
  std::list<std::thread> threads_;         // only the accepting thread, then the destructor
  std::thread acceptor_;
};

}  // namespace plenum::tests
