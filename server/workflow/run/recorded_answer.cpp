#include "server/workflow/run/recorded_answer.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/sha256.h"
#include "common/base/version.h"
#include "common/json/json.h"

namespace plenum::workflow {

namespace {

// Of what is written here: an answer of another form is a miss.
constexpr int form = 1;
constexpr Cost nothing_paid{0.0, CostOrigin::reported};

Json member_part(const AssignedMember& member, const core::ProviderDirectory& providers) {
  const core::ProviderInfo* provider = providers.find(member.provider);
  return Json{{"id", member.id},
              {"kind", provider != nullptr ? core::name_of(provider->kind) : ""},
              {"base_url", provider != nullptr ? provider->base_url : ""},
              {"persona", member.persona}};
}

}  // namespace

std::string cache_key(const Assignment& assignment, const TaskSpec& spec, const core::ProviderDirectory& providers) {
  Json turns = Json::array(), members = Json::array(), fallbacks = Json::array();
  for (const Turn& turn : assignment.turns.shown) turns.push_back(Json::array({turn.question, turn.answer}));
  for (const AssignedMember& member : assignment.members) members.push_back(member_part(member, providers));
  for (const auto& chain : assignment.fallbacks) {
    Json row = Json::array();
    for (const AssignedMember& member : chain) row.push_back(member_part(member, providers));
    fallbacks.push_back(std::move(row));
  }
  return sha256_hex(dump_json(Json{{"form", form},
                                   {"program", program_version()},
                                   {"workflow", assignment.workflow->name},
                                   {"version", assignment.workflow->version},
                                   {"task", spec.task},
                                   {"context", spec.context_json},
                                   {"options", spec.options_json},
                                   {"capped", spec.max_cost_usd > 0},
                                   {"turns", std::move(turns)},
                                   {"members", std::move(members)},
                                   {"roles", assignment.role_members},
                                   {"fallbacks", std::move(fallbacks)}}));
}

std::string record(std::span<const Event> events) {
  const EventEncoder encoder(StreamId{}, "", "", "");
  std::string lines;
  for (const Event& event : events) {
    encoder.append_json(lines, event, {});
    lines += '\n';
  }
  return sha256_hex(lines) + '\n' + lines;
}

std::optional<std::vector<Event>> read_record(std::string_view bytes) {
  const auto end = bytes.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view lines = bytes.substr(end + 1);
  if (sha256_hex(lines) != bytes.substr(0, end)) return std::nullopt;
  std::vector<Event> events;
  while (!lines.empty()) {
    const auto line_end = lines.find('\n');
    auto event = parse_event(lines.substr(0, line_end));
    if (!event || line_end == std::string_view::npos) return std::nullopt;
    std::shared_ptr<const EventSource> source;
    if (!event->source.chunk.empty()) source = std::make_shared<const EventSource>(std::move(event->source));
    events.push_back(Event{std::move(event->payload), std::move(source)});
    lines.remove_prefix(line_end + 1);
  }
  if (events.empty() || events.back().type() != EventType::task_completed) return std::nullopt;
  return events;
}

ChunkCompleted as_cached(ChunkCompleted completed) {
  completed.cached = true;
  completed.usage = {};
  completed.cost = nothing_paid;
  return completed;
}

std::vector<Event> as_cached(std::vector<Event> events) {
  for (Event& event : events) {
    if (auto* completed = std::get_if<ChunkCompleted>(&event.payload)) {
      *completed = as_cached(std::move(*completed));
    } else if (auto* end = std::get_if<TaskCompleted>(&event.payload)) {
      end->result.cached = true;
      end->result.usage = {};
      end->result.cost = nothing_paid;
      end->result.receipts.clear();
      for (MemberAnswer& answer : end->result.answers) {
        answer.usage = {};
        answer.cost = nothing_paid;
      }
    }
  }
  return events;
}

}  // namespace plenum::workflow
