#include "server/workflow/run/state/follow_up.h"

#include <fmt/format.h>

namespace plenum::workflow {

FollowUp continuation() {
  return {FollowUp::Kind::continuation,
          "Your answer stopped at the token limit. Continue exactly where it stopped, in the middle of the word or the "
          "code block if need be. Repeat nothing, and write nothing before the continuation.",
          "the text stopped at the token limit"};
}

FollowUp repair(const std::string& problem, const std::string& form) {
  return {FollowUp::Kind::repair,
          fmt::format("Your answer does not have the required form. {} Keep your judgment and reply with {}. Write "
                      "nothing else.",
                      problem, form),
          problem};
}

}  // namespace plenum::workflow
