// Rebuilds the state of a run from its log, by applying the recorded facts to the same reducer that live
// operation uses. Pure.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "server/workflow/run/restore/recorded_run.h"
#include "server/workflow/run/state/run_state.h"

namespace plenum::workflow {

// How a run starts that is not the first one of its task.
struct Resume {
  enum class Mode : std::uint8_t {
    continue_log,  // the same stream continues behind its log
    interrupt,     // the same stream ends now, with what there is
    reuse,         // a new stream starts with the chunks that reused_run selected
  };
  RecordedRun recorded;
  Mode mode = Mode::continue_log;
  std::chrono::milliseconds elapsed{0};  // since the task was accepted: its deadline counts from there

  bool same_stream() const { return mode != Mode::reuse; }
};

// Applies the recorded facts to a new state. Chunks that the log left open stay open in it, with their
// latest attempt. Returns the events that are missing in the log although they follow from it (a crash can
// separate the end of a chunk from its warnings); for a new stream, all events of the reused chunks. Fails
// with the reason when the log does not fit the state's workflow and members; the state is unusable then.
tl::expected<std::vector<Event>, std::string> restore_run(RunState& state, const Resume& from);

}  // namespace plenum::workflow
