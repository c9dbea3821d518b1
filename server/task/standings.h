// Elo ratings of models from the rankings of many tasks, and how often their votes were for the winning choice.
// docs/decisions/0030-standings-are-computed-on-request.md gives the reasons.
// Source: A. Elo, "The Rating of Chessplayers, Past and Present" (1978); the result of a pair is a mean over reviewers.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/json.h"

namespace plenum::task {

inline constexpr double start_rating = 1500;
inline constexpr double rating_factor = 32;  // K: the largest change of a rating by one task

struct Standing {
  std::string model;  // provider/model
  double rating = start_rating;
  int tasks = 0;                       // in which it was ranked
  int wins = 0, losses = 0, ties = 0;  // against one other model in one task
  int votes = 0, agreements = 0;       // votes, and those for the winning choice
};

// Pure: the same comparisons in the same order give the same standings. Not thread-safe.
class Standings {
 public:
  // The comparisons of one task (server/workflow/run/outputs/comparisons.h), in the order in which the tasks ended.
  // Malformed ones are ignored.
  void add(std::string_view comparisons_json);
  // Rated models first, by rating, then by name.
  std::vector<Standing> sorted() const;

 private:
  void add_reviews(const std::vector<std::string>& models, const Json& reviews);
  void add_votes(const std::vector<std::string>& models, const Json& votes);

  std::map<std::string, Standing> by_model_;
};

Json to_json(const Standing& standing);

}  // namespace plenum::task
