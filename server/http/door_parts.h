// What the doors of all loops share. Owned by the front door; any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "server/http/admission.h"
#include "server/http/front_door_options.h"
#include "server/http/library_server.h"
#include "server/runtime/helpers.h"

namespace plenum::http {

class LoopDoor;

struct DoorCounters {
  std::atomic<std::uint64_t> accepted{0}, requests{0}, accept_errors{0};
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(ErrorCode::frame_too_large) + 1> refused{};
};

struct DoorParts {
  DoorParts(const FrontDoorOptions& limits, const LibraryServer& server, runtime::Helpers& threads);
  ~DoorParts();

  const FrontDoorOptions& options;               // set once
  const LibraryServer& library;                  // set once
  runtime::Helpers& requests;                    // set once: the request threads
  const std::shared_ptr<Admission> admission;    // set once; permits keep it
  DoorCounters counters;                         // any thread
  std::atomic<std::size_t> readers{0};           // any thread: sockets with streams; each door writes its share
  std::atomic<std::size_t> unsent_bytes{0};      // any thread: of answers that clients have not taken yet
  std::atomic<bool> closing{false};              // any thread
  std::vector<std::unique_ptr<LoopDoor>> doors;  // set once before start; each only on its loop

  // The door of this loop.
  LoopDoor& door_at(const runtime::EventLoop& loop) const;
};

}  // namespace plenum::http
