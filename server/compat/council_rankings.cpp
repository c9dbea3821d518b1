#include "server/compat/council_rankings.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "common/base/labels.h"
#include "server/compat/council_frames.h"

namespace plenum::compat {

namespace {

// The labels of the rankings, which are the same for all reviewers; without any ranking, in the order of the answers.
// By member: `Response A`.
std::map<std::string, std::string> labels_of(const RunView& run) {
  std::map<std::string, std::string> labels;
  for (const ChunkFacts* one : run.of_kind("rank")) {
    if (!one->completed) continue;
    const std::vector<std::string>& members = one->completed->label_order;
    for (std::size_t label = 0; label < members.size(); ++label) {
      if (!members[label].empty()) labels[members[label]] = "Response " + label_of(label);
    }
  }
  if (!labels.empty()) return labels;
  std::size_t place = 0;
  for (const ChunkFacts* one : run.answers()) {
    if (one->ok() && !labels.contains(one->source.member)) {
      labels[one->source.member] = "Response " + label_of(place++);
    }
  }
  return labels;
}

// One for each reviewer: who ranks again after a late answer replaces the earlier ranking.
std::vector<const ChunkFacts*> latest_rankings(const RunView& run) {
  std::vector<const ChunkFacts*> latest;
  for (const ChunkFacts* one : run.of_kind("rank")) {
    if (!one->ok()) continue;
    const auto same = [&](const ChunkFacts* other) { return other->source.member == one->source.member; };
    const auto earlier = std::find_if(latest.begin(), latest.end(), same);
    earlier == latest.end() ? latest.push_back(one) : void(*earlier = one);
  }
  return latest;
}

double two_decimals(double value) { return std::round(value * 100) / 100; }

Json standing_of(const RunView& run) {
  std::map<std::string, std::pair<double, int>> places;  // by member: sum and count
  for (const ChunkFacts* ranking : latest_rankings(run)) {
    const auto& order = ranking->completed->parsed_ranking;
    for (std::size_t i = 0; i < order.size(); ++i) {
      places[order[i]].first += static_cast<double>(i + 1);
      ++places[order[i]].second;
    }
  }
  std::vector<std::pair<double, std::string>> by_rank;
  for (const auto& [member, sum] : places) by_rank.emplace_back(sum.first / sum.second, member);
  std::sort(by_rank.begin(), by_rank.end());
  Json standing = Json::array();
  for (const auto& [mean, member] : by_rank) {
    standing.push_back(
        Json{{"model", member}, {"average_rank", two_decimals(mean)}, {"rankings_count", places[member].second}});
  }
  return standing;
}

}  // namespace

Json rankings_data(const RunView& run) {
  const auto labels = labels_of(run);
  Json data = Json::array();
  for (const ChunkFacts* one : latest_rankings(run)) {
    Json parsed = Json::array();
    for (const std::string& member : one->completed->parsed_ranking) {
      if (const auto label = labels.find(member); label != labels.end()) parsed.push_back(label->second);
    }
    data.push_back(Json{{"model", one->source.member},
                        {"ranking", one->completed->output},
                        {"parsed_ranking", std::move(parsed)},
                        {"metrics", call_metrics(*one->completed)}});
  }
  return data;
}

Json rankings_metadata(const RunView& run) {
  Json label_to_model = Json::object();
  for (const auto& [member, label] : labels_of(run)) label_to_model[label] = member;
  Json metadata{{"label_to_model", std::move(label_to_model)}, {"aggregate_rankings", standing_of(run)}};
  const auto searches = run.of_kind("search");
  const ChunkFacts* search = searches.empty() ? nullptr : searches.back();
  metadata["web_search_used"] = search != nullptr && search->completed && search->completed->found.value_or(false);
  if (search != nullptr && search->completed && search->completed->error) {
    metadata["web_search_error"] = search->completed->error->message;
  }
  return metadata;
}

Json ranking_errors(const RunView& run) {
  Json errors = Json::array();
  for (const ChunkFacts* one : run.of_kind("rank")) {
    if (one->completed && !one->ok()) errors.push_back(council_error(*one));
  }
  return errors;
}

}  // namespace plenum::compat
