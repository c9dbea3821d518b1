// Checks of the whole process, such as its signals, run in a child process.
#pragma once

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "server/app/process.h"

namespace plenum::tests {

// Whether the check holds in a child that called prepare_process(). The check may also end the child, with 0 as
// success.
inline bool holds_in_prepared_child(const std::function<bool()>& check) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    app::prepare_process();
    ::_exit(check() ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace plenum::tests
