#include "server/workflow/run/outputs/comparisons.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "common/json/json.h"

namespace plenum::workflow {

namespace {

// Positions of models in the list, in the order of their first use.
class ModelList {
 public:
  std::size_t position_of(const AssignedMember& member) {
    const std::string name = member.provider + '/' + member.model;
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found != names_.end()) return static_cast<std::size_t>(found - names_.begin());
    names_.push_back(name);
    return names_.size() - 1;
  }
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
};

// The steps of the last round whose parsed output has something.
template <class Has>
std::vector<StepIndex> last_round_with(const StepOutputs& outputs, Has&& has) {
  std::vector<StepIndex> found;
  int round = 0;
  for (StepIndex i = 0; i < outputs.steps().size(); ++i) {
    const auto& parsed = outputs.of(i).parsed;
    if (!parsed || !has(*parsed)) continue;
    if (outputs.steps()[i].round > round) found.clear();
    round = outputs.steps()[i].round;
    found.push_back(i);
  }
  return found;
}

bool is_reused(const StepOutput& output) { return output.completed->cached; }

Json places_of(const StepOutputs& outputs, const StepOutput& ranking, ModelList& models) {
  Json places = Json::array();
  for (const auto& tied : ranking.parsed->ranking) {
    Json place = Json::array();
    for (const std::size_t label : tied) {
      const auto answer = label < ranking.labeled.size() ? ranking.labeled[label] : std::nullopt;
      if (answer) place.push_back(models.position_of(outputs.of(*answer).member));
    }
    if (!place.empty()) places.push_back(std::move(place));
  }
  return places;
}

Json reviews_of(const StepOutputs& outputs, ModelList& models) {
  Json reviews = Json::array();
  for (const StepIndex step : last_round_with(outputs, [](const auto& parsed) { return !parsed.ranking.empty(); })) {
    const StepOutput& output = outputs.of(step);
    if (is_reused(output)) continue;
    Json places = places_of(outputs, output, models);
    reviews.push_back(Json::array({models.position_of(output.member), std::move(places)}));
  }
  return reviews;
}

// The choice with the most votes; none if another has as many.
std::optional<std::size_t> winner_of(const StepOutputs& outputs, const std::vector<StepIndex>& votes) {
  std::map<std::size_t, int> counts;
  for (const StepIndex step : votes) ++counts[*outputs.of(step).parsed->choice];
  std::optional<std::size_t> winner;
  int most = 0;
  for (const auto& [choice, count] : counts) {
    if (count == most) winner.reset();
    if (count <= most) continue;
    winner = choice;
    most = count;
  }
  return winner;
}

Json votes_of(const StepOutputs& outputs, ModelList& models) {
  Json votes = Json::array();
  const auto steps = last_round_with(outputs, [](const auto& parsed) { return parsed.choice.has_value(); });
  const auto winner = winner_of(outputs, steps);
  // A single vote agrees with itself.
  if (!winner || steps.size() < 2) return votes;
  for (const StepIndex step : steps) {
    const StepOutput& output = outputs.of(step);
    if (is_reused(output)) continue;
    votes.push_back(Json::array({models.position_of(output.member), output.parsed->choice == winner ? 1 : 0}));
  }
  return votes;
}

}  // namespace

std::string comparisons_json(const StepOutputs& outputs) {
  ModelList models;
  Json reviews = reviews_of(outputs, models), votes = votes_of(outputs, models);
  if (reviews.empty() && votes.empty()) return {};
  return dump_json(Json{{"models", models.names()}, {"reviews", std::move(reviews)}, {"votes", std::move(votes)}});
}

}  // namespace plenum::workflow
