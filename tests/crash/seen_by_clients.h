// What clients had seen of a server up to some point, and how they note it in a trace of its disk.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "tests/crash/disk/disk_trace.h"

namespace plenum::tests {

class SeenByClients {
 public:
  struct Event {
    std::string id;
    std::string body;  // the frame without its id line
    bool durable = false;
  };
  struct Stream {
    std::string key;
    std::map<std::uint64_t, Event> events;  // by number
  };

  // How a client notes something in a trace; an event only once for all clients.
  static std::string accepted_mark(const std::string& key, const std::string& stream);
  // Whether the marker records a promise of the server.
  static bool promises(const DiskOp& marker);
  static std::string event_mark(const std::string& stream, std::string_view id, std::string_view frame);

  // The part of a frame that stays when the log continues under another epoch: all but the id line.
  static std::string body_of(std::string_view frame);

  void add(const DiskOp& marker);
  const std::map<std::string, Stream>& streams() const { return streams_; }
  std::uint64_t durable_events() const;

 private:
  std::map<std::string, Stream> streams_;
};

}  // namespace plenum::tests
