#include "server/task/standings.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/json/json_access.h"

namespace plenum::task {

namespace {

// How one model did against another in one task: the sum over the reviewers, and their number.
struct Pair {
  double score = 0;  // of the first: 1 for a win, 0.5 for a tie
  int count = 0;
};

// The results of every two models of a task.
class PairTable {
 public:
  explicit PairTable(std::size_t models) : models_(models), pairs_(models * models) {}

  // A reviewer's rank of its own answer, and of that answer against others, does not count.
  void add_review(std::size_t reviewer, const std::vector<std::vector<std::size_t>>& places) {
    for (std::size_t i = 0; i < places.size(); ++i) {
      for (std::size_t j = i; j < places.size(); ++j) add_places(reviewer, places[i], places[j], i == j);
    }
  }
  const Pair& of(std::size_t a, std::size_t b) const { return pairs_[a * models_ + b]; }
  bool is_ranked(std::size_t model) const {
    const auto row = pairs_.begin() + static_cast<std::ptrdiff_t>(model * models_);
    return std::any_of(row, row + static_cast<std::ptrdiff_t>(models_),
                       [](const Pair& pair) { return pair.count > 0; });
  }

 private:
  void add_places(std::size_t reviewer, const std::vector<std::size_t>& better, const std::vector<std::size_t>& worse,
                  bool tied) {
    for (std::size_t a = 0; a < better.size(); ++a) {
      for (std::size_t b = tied ? a + 1 : 0; b < worse.size(); ++b) add(reviewer, better[a], worse[b], tied ? 0.5 : 1);
    }
  }
  void add(std::size_t reviewer, std::size_t a, std::size_t b, double score) {
    if (a == b || a == reviewer || b == reviewer) return;
    Pair &ab = pairs_[a * models_ + b], &ba = pairs_[b * models_ + a];
    ab.score += score;
    ba.score += 1 - score;
    ++ab.count;
    ++ba.count;
  }

  const std::size_t models_;
  std::vector<Pair> pairs_;
};

std::optional<std::size_t> position_in(const Json& json, std::size_t count) {
  const auto number = whole_number(json);
  if (!number || *number < 0 || static_cast<std::size_t>(*number) >= count) return std::nullopt;
  return static_cast<std::size_t>(*number);
}

std::vector<std::vector<std::size_t>> places_from(const Json& json, std::size_t models) {
  std::vector<std::vector<std::size_t>> places;
  if (!json.is_array()) return places;
  for (const Json& place : json) {
    places.emplace_back();
    if (!place.is_array()) continue;
    for (const Json& model : place) {
      if (const auto position = position_in(model, models)) places.back().push_back(*position);
    }
  }
  return places;
}

// The expected score of a model against another.
double expected(double rating, double other) { return 1 / (1 + std::pow(10, (other - rating) / 400)); }

}  // namespace

void Standings::add(std::string_view comparisons_json) {
  const auto json = parse_json(comparisons_json);
  if (!json || !json->is_object()) return;
  const std::vector<std::string> models = texts_at(*json, "models");
  add_reviews(models, value_at(*json, "reviews"));
  add_votes(models, value_at(*json, "votes"));
}

void Standings::add_reviews(const std::vector<std::string>& models, const Json& reviews) {
  if (!reviews.is_array()) return;
  PairTable table(models.size());
  for (const Json& review : reviews) {
    if (!review.is_array() || review.size() != 2) continue;
    const auto reviewer = position_in(review[0], models.size());
    if (reviewer) table.add_review(*reviewer, places_from(review[1], models.size()));
  }
  std::vector<std::size_t> ranked;
  for (std::size_t i = 0; i < models.size(); ++i) {
    if (table.is_ranked(i)) ranked.push_back(i);
  }
  std::vector<double> change(models.size(), 0);
  for (const std::size_t a : ranked) {
    Standing& standing = by_model_[models[a]];
    ++standing.tasks;
    for (const std::size_t b : ranked) {
      const Pair& pair = table.of(a, b);
      if (pair.count == 0) continue;
      const double score = pair.score / pair.count;
      // All pairs are rated with the ratings before the task: the order of the models does not matter.
      change[a] += score - expected(standing.rating, by_model_[models[b]].rating);
      ++(pair.score * 2 > pair.count ? standing.wins : pair.score * 2 < pair.count ? standing.losses : standing.ties);
    }
  }
  for (const std::size_t a : ranked) {
    by_model_[models[a]].rating += rating_factor * change[a] / static_cast<double>(ranked.size() - 1);
  }
}

void Standings::add_votes(const std::vector<std::string>& models, const Json& votes) {
  if (!votes.is_array()) return;
  for (const Json& vote : votes) {
    if (!vote.is_array() || vote.size() != 2) continue;
    const auto voter = position_in(vote[0], models.size());
    const auto agreed = position_in(vote[1], 2);
    if (!voter || !agreed) continue;
    Standing& standing = by_model_[models[*voter]];
    ++standing.votes;
    standing.agreements += static_cast<int>(*agreed);
  }
}

std::vector<Standing> Standings::sorted() const {
  std::vector<Standing> list;
  for (const auto& [model, standing] : by_model_) {
    list.push_back(standing);
    list.back().model = model;
  }
  std::stable_sort(list.begin(), list.end(), [](const Standing& a, const Standing& b) {
    if ((a.tasks > 0) != (b.tasks > 0)) return a.tasks > 0;
    return a.tasks > 0 && a.rating > b.rating;
  });
  return list;
}

Json to_json(const Standing& standing) {
  const bool rated = standing.tasks > 0, voted = standing.votes > 0;
  return {
      {"model", standing.model},
      {"rating", rated ? Json(std::round(standing.rating * 10) / 10) : Json(nullptr)},
      {"tasks", standing.tasks},
      {"wins", standing.wins},
      {"losses", standing.losses},
      {"ties", standing.ties},
      {"votes", standing.votes},
      {"agreement", voted ? Json(std::round(1000.0 * standing.agreements / standing.votes) / 1000) : Json(nullptr)}};
}

}  // namespace plenum::task
