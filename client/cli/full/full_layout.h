// The lines of the full-screen view: members with their states, the text of the chosen one, the progress of the run,
// and the keys or a question. Pure: any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "client/cli/full/full_state.h"
#include "client/cli/live/run_model.h"
#include "client/cli/terminal/display_width.h"
#include "client/cli/terminal/styled_text.h"

namespace plenum::client {

// Where the parts are on the screen. The list is to the left of the text on a wide terminal, above it on others.
struct FullGeometry {
  bool beside = false;
  std::size_t list_columns = 0, list_rows = 0;  // 0 rows: no list
  std::size_t text_columns = 0, text_rows = 0;
};
FullGeometry full_geometry(ScreenSize size, std::size_t subjects, bool expanded);

struct FullContent {
  const RunModel& model;
  SteadyTime now;
  const FullState& state;
  bool has_answer = false;         // it is the subject after the members
  std::string subject;             // the name of the chosen one; filtered
  std::size_t lines = 0, top = 0;  // of its text: all, and the first visible one
  std::vector<StyledLine> text;    // the visible lines
};

// One line per row, none wider than the screen.
std::vector<StyledLine> full_lines(const FullContent& content, ScreenSize size);

// What each key does, for the help and the documentation.
struct KeyHelp {
  const char* keys;
  const char* action;
};
const std::vector<KeyHelp>& key_help();

}  // namespace plenum::client
