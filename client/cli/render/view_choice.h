// Whether a run can be shown by the live view. Pure: any thread.
#pragma once

#include <string>

namespace plenum::client {

// What the environment states about the terminal; empty: not set.
struct PlainEnvironment {
  std::string plain;          // PLENUM_PLAIN
  std::string term;           // TERM
  std::string xterm_version;  // XTERM_VERSION
  std::string tmux;           // TMUX
};

// The terminal cannot move its cursor, or the user prefers lines, for example for a screen reader.
inline bool wants_plain(const PlainEnvironment& environment) {
  return environment.term.empty() || environment.term == "dumb" ||
         (!environment.plain.empty() && environment.plain != "0" && environment.plain != "false");
}

// Whether the terminal wraps lines again when its width changes, as most do.
inline bool reflows_lines(const PlainEnvironment& environment) {
  if (!environment.tmux.empty()) return true;
  return environment.xterm_version.empty() && environment.term != "linux" && !environment.term.starts_with("screen");
}

}  // namespace plenum::client
