#include "server/workflow/run/state/run_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/utf8.h"
#include "common/json/json_access.h"
#include "common/json/json_writer.h"

namespace plenum::workflow {

namespace {

constexpr std::size_t shown_task_bytes_max = 200;

std::string dollars(double usd) { return fmt::format("${:.4f}", std::max(usd, 0.0)); }

std::string seconds_text(std::chrono::milliseconds time) {
  return time.count() % 1000 == 0 ? fmt::format("{} s", time.count() / 1000)
                                  : fmt::format("{:.1f} s", static_cast<double>(time.count()) / 1000);
}

std::string chunks_text(std::size_t count) { return fmt::format("{} chunk{}", count, count == 1 ? "" : "s"); }

// The call that the message reports as ended.
void add_receipt(JsonFields& fields, const Receipt& ended) {
  fields.text("status", name_of(ended.status))
      .raw("usage", dump_json(to_json(ended.usage)))
      .raw("cost", dump_json(to_json(ended.cost)))
      .number("latency_ms", ended.latency_ms);
  Json generation = Json::object();
  add_generation(generation, ended.generation);
  for (const auto& [name, value] : generation.items()) fields.raw(name, dump_json(value));
}

SystemMessage resumed_message(std::string text, std::size_t ended, std::size_t started) {
  SystemMessage message{"info", "resumed", std::move(text), {}};
  JsonFields(message.fields_json)
      .number("reused", static_cast<std::int64_t>(ended))
      .number("restarted", static_cast<std::int64_t>(started));
  return message;
}

}  // namespace

SystemMessage secret_message() {
  return {"warning", secret_code, "The task contained a configured API key, which was removed.", {}};
}

SystemMessage conversation_message(const ConversationWindow& turns) {
  std::string text =
      fmt::format("Prompts include {} earlier turn{}", turns.shown.size(), turns.shown.size() == 1 ? "" : "s");
  if (turns.omitted > 0) text += fmt::format("; {} older omitted", turns.omitted);
  if (turns.truncated) text += "; the text was truncated";
  SystemMessage message{"info", conversation_code, text + ".", {}};
  JsonFields(message.fields_json)
      .number("turns", static_cast<std::int64_t>(turns.shown.size()))
      .number("omitted", turns.omitted)
      .flag("truncated", turns.truncated);
  return message;
}

SystemMessage cache_hit_message(const Cost& saved, const CacheOrigin& origin, std::string_view earlier_task) {
  SystemMessage message{"info", cache_hit_code, "Answered from the cache; no model was called.", {}};
  JsonFields fields(message.fields_json);
  fields.text("kind", origin.similarity ? "semantic" : "exact");
  if (origin.similarity) {
    const std::string_view shown = utf8_prefix(earlier_task, shown_task_bytes_max);
    message.message = fmt::format(
        "Answered from the cache: the earlier task \"{}{}\" is similar ({:.3f}); no model was "
        "called.",
        shown, shown.size() < earlier_task.size() ? "…" : "", *origin.similarity);
    fields.real("similarity", *origin.similarity).text("source_task", shown);
  }
  if (!origin.stream_id.empty()) fields.text("source_stream_id", origin.stream_id);
  if (saved.usd) fields.raw("saved_cost", dump_json(to_json(saved)));
  return message;
}

std::optional<CacheOrigin> cache_origin_in(const SystemMessage& message) {
  const auto fields = parse_json("{" + message.fields_json + "}");
  if (!fields || message.code != cache_hit_code || text_at(*fields, "source_stream_id").empty()) return std::nullopt;
  return CacheOrigin{text_at(*fields, "source_stream_id"), real_at(*fields, "similarity")};
}

SystemMessage queued_message(const std::string& provider, int position) {
  SystemMessage message{"info",
                        "queued",
                        position > 1
                            ? fmt::format("{} is busy: {} calls are ahead of this one.", provider, position - 1)
                            : fmt::format("{} is busy: this call is next.", provider),
                        {}};
  JsonFields(message.fields_json).text("provider", provider).number("position", position);
  return message;
}

SystemMessage retry_message(const AttemptFailed& fact, const Receipt& failed) {
  const int next = failed.attempt + 1;
  SystemMessage message{"warning", retry_code, {}, {}};
  const std::string& why = fact.error.message;
  message.message = !fact.next_model.empty() ? fmt::format("{}; calling {} instead", why, fact.next_model)
                    : !fact.parameter.empty()
                        ? fmt::format("{}; calling again without {}", why, fact.parameter)
                        : fmt::format("{}; retrying in {} (attempt {})", why, seconds_text(fact.wait), next);
  JsonFields fields(message.fields_json);
  fields.number("wait_ms", fact.wait.count()).number("attempt", next).raw("error", dump_json(to_json(fact.error)));
  fields.text_if("parameter", fact.parameter).text_if("next_model", fact.next_model);
  add_receipt(fields, failed);
  return message;
}

SystemMessage follow_up_message(const FollowUpStarted& started, const Receipt& ended) {
  const bool repairs = started.follow_up.kind == FollowUp::Kind::repair;
  SystemMessage message{"info", repairs ? repair_code : continuation_code, {}, {}};
  message.message =
      repairs ? fmt::format("The answer cannot be read; the model is called once more. {}", started.follow_up.problem)
              : std::string("The answer stopped at the token limit; the model is called to continue it.");
  JsonFields fields(message.fields_json);
  fields.number("attempt", ended.attempt + 1).number("offset", static_cast<std::int64_t>(started.text.size()));
  fields.text("finish_reason", ended.finish_reason);
  add_receipt(fields, ended);
  return message;
}

SystemMessage reserved_message(const CallBound& bound) {
  SystemMessage message{"info", reserved_code, {}, {}};
  message.message = fmt::format("Reserved {} of max_cost_usd for this call", dollars(bound.total()));
  message.message += bound.max_tokens > 0 ? fmt::format(", for up to {} tokens.", bound.max_tokens) : ".";
  JsonFields(message.fields_json)
      .real("input_usd", bound.input)
      .real("output_usd", bound.output)
      .number("max_tokens", bound.max_tokens);
  return message;
}

std::optional<CallBound> reserved_bound(const SystemMessage& message) {
  if (message.code != reserved_code) return std::nullopt;
  const auto fields = parse_json("{" + message.fields_json + "}");
  if (!fields) return std::nullopt;
  const auto input = real_at(*fields, "input_usd"), output = real_at(*fields, "output_usd");
  if (!input || !output || *input < 0 || *output < 0) return std::nullopt;
  return CallBound{*input, *output, int_at(*fields, "max_tokens")};
}

SystemMessage budget_wait_message(const CallBound& bound, const Budget& budget) {
  SystemMessage message{"info",
                        budget_wait_code,
                        fmt::format("This call may cost up to {}, but {} of max_cost_usd is free; it waits for running "
                                    "calls to end.",
                                    dollars(bound.total()), dollars(budget.left())),
                        {}};
  JsonFields(message.fields_json).real("needed_usd", bound.total()).real("left_usd", std::max(budget.left(), 0.0));
  return message;
}

std::optional<SystemMessage> budget_warning(const Budget& budget, const std::optional<Cost>& estimated) {
  if (!budget.capped() || !estimated || !estimated->usd || *estimated->usd <= budget.cap()) return std::nullopt;
  SystemMessage message{"warning",
                        budget_warning_code,
                        fmt::format("This task is estimated at about {}, more than max_cost_usd {}; it may end early.",
                                    dollars(*estimated->usd), dollars(budget.cap())),
                        {}};
  JsonFields(message.fields_json)
      .raw("estimated_cost", dump_json(to_json(*estimated)))
      .real("max_cost_usd", budget.cap());
  return message;
}

std::string cost_limit_text(const CallBound& bound, const Budget& budget) {
  return fmt::format("call not made: it may cost up to {}, but {} of max_cost_usd {} is left", dollars(bound.total()),
                     dollars(budget.left()), dollars(budget.cap()));
}

SystemMessage restarted_message(std::size_t ended, std::size_t started) {
  return resumed_message(fmt::format("The server was restarted and the task continues: {} had ended, {} had started.",
                                     chunks_text(ended), chunks_text(started)),
                         ended, started);
}

SystemMessage reused_message(std::size_t ended) {
  return resumed_message(
      fmt::format("{} of an earlier stream {} reused.", chunks_text(ended), ended == 1 ? "is" : "are"), ended, 0);
}

SystemMessage truncated_message() {
  return {"warning", "output_truncated", "The model stopped at its token limit; the text is incomplete.", {}};
}

SystemMessage omitted_message(const std::string& member, const std::vector<std::string>& names) {
  SystemMessage message{"warning",
                        "attachments_omitted",
                        fmt::format("{} does not accept {}; it answered without.", member, fmt::join(names, ", ")),
                        {}};
  JsonFields(message.fields_json).texts("attachments", names);
  return message;
}

SystemMessage unparsed_message(const std::string& problem) {
  return {"warning", "answer_unparseable", "The answer cannot be read and is not counted. " + problem, {}};
}

std::string describe_failure(const EventSource& source, const std::optional<ErrorInfo>& error) {
  return fmt::format("{} ({}): {}", source.agent, source.chunk, error ? error->message : "failed");
}

}  // namespace plenum::workflow
