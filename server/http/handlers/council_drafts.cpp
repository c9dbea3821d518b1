#include "server/http/handlers/council_drafts.h"

#include <algorithm>
#include <utility>

namespace plenum::http {
namespace {

template <class Drafts>
auto place_of(Drafts& drafts, const std::string& id) {
  return std::find_if(drafts.begin(), drafts.end(), [&](const CouncilDraft& draft) { return draft.id == id; });
}

}  // namespace

void CouncilDrafts::add(CouncilDraft draft) {
  drafts_.with([&](std::vector<CouncilDraft>& drafts) {
    if (drafts.size() >= drafts_max) drafts.erase(drafts.begin());
    drafts.push_back(std::move(draft));
  });
}

std::optional<CouncilDraft> CouncilDrafts::find(const std::string& id) const {
  return drafts_.with([&](const std::vector<CouncilDraft>& drafts) -> std::optional<CouncilDraft> {
    const auto place = place_of(drafts, id);
    return place != drafts.end() ? std::optional(*place) : std::nullopt;
  });
}

bool CouncilDrafts::rename(const std::string& id, const std::string& title) {
  return drafts_.with([&](std::vector<CouncilDraft>& drafts) {
    const auto place = place_of(drafts, id);
    if (place == drafts.end()) return false;
    place->title = title;
    return true;
  });
}

bool CouncilDrafts::remove(const std::string& id) {
  return drafts_.with([&](std::vector<CouncilDraft>& drafts) {
    const auto place = place_of(drafts, id);
    if (place == drafts.end()) return false;
    drafts.erase(place);
    return true;
  });
}

std::vector<CouncilDraft> CouncilDrafts::all() const {
  return drafts_.with([](const std::vector<CouncilDraft>& drafts) {
    return std::vector<CouncilDraft>(drafts.rbegin(), drafts.rend());
  });
}

}  // namespace plenum::http
