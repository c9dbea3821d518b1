#include "server/task/task_service.h"

#include <algorithm>
#include "server/task/stored_plan.h"
#include "server/telemetry/log.h"

namespace plenum::task {

namespace {

constexpr std::size_t tasks_per_removal = 100;  // per transaction, so that other work does not wait long
constexpr std::size_t turns_max = 200;          // of a conversation; the budget of tokens decides which are shown

bool redact_keys(ModelParameters& parameters, const redaction::Scrubber& scrubber) {
  bool any = false;
  if (parameters.stop) {
    for (auto& text : *parameters.stop) any |= scrubber.scrub_keys(text);
  }
  if (parameters.response_format) any |= scrubber.scrub_keys(parameters.response_format->schema_json);
  return any;
}

bool redact_keys(TaskParameters& parameters, const redaction::Scrubber& scrubber) {
  bool any = redact_keys(parameters.common, scrubber);
  for (auto* by_name : {&parameters.members, &parameters.roles, &parameters.steps}) {
    for (auto& [name, of_name] : *by_name) any |= redact_keys(of_name, scrubber);
  }
  return any;
}

// Every text of the task. Those that are JSON stay so: a spelling of a key stands inside a string.
bool redact_keys(TaskSpec& spec, const redaction::Scrubber& scrubber) {
  bool any = false;
  for (auto* text :
       {&spec.task, &spec.context_json, &spec.workflow, &spec.council, &spec.chairman, &spec.options_json,
        &spec.message_id, &spec.conversation_id, &spec.metadata_json, &spec.prior.question, &spec.prior.answer}) {
    any |= scrubber.scrub_keys(*text);
  }
  for (auto& member : spec.members) any |= scrubber.scrub_keys(member);
  any |= redact_keys(spec.parameters, scrubber);
  for (auto& [name, system] : spec.personas) any |= scrubber.scrub_keys(system);
  for (auto& [name, chain] : spec.fallback) {
    any |= scrubber.scrub_keys(name);
    for (auto& member : chain) any |= scrubber.scrub_keys(member);
  }
  return any;
}

}  // namespace

std::string date_of(WallTime time) { return rfc3339(time).substr(0, std::string_view("YYYY-MM-DD").size()); }

TaskService::TaskService(runtime::EventLoopGroup& loops, stream::StreamManager& streams,
                         const workflow::TaskPlanner& planner, std::vector<core::Providers*> providers,
                         TaskServiceOptions options)
    : loops_(loops),
      streams_(streams),
      planner_(planner),
      options_(std::move(options)),
      derived_(planner.statistics(), {options_.cache, streams.store() == nullptr, options_.similarity}) {
  for (core::Providers* of_loop : providers) {
    loop_runs_.push_back(std::make_unique<LoopRuns>());
    loop_runs_.back()->providers = of_loop;
  }
}

TaskService::~TaskService() = default;

TaskService::LoopRuns& TaskService::runs_for(const StreamId& id) { return *loop_runs_[loops_.owner_index(id.hash())]; }

tl::expected<workflow::ConversationWindow, ValidationError> TaskService::load_conversation(const TaskSpec& spec) const {
  std::vector<Turn> turns;
  if (!spec.prior.question.empty()) turns.push_back({spec.prior.question, spec.prior.answer});
  if (!spec.prior.stream_id.empty()) {
    const auto id = StreamId::parse(spec.prior.stream_id);
    const auto stream = id ? streams_.find(*id) : Failure(Error{});
    if (!stream) return tl::unexpected(ValidationError{"/prior/stream_id", "there is no such stream, or no longer"});
    auto turn = turn_of(**stream);
    if (!turn) return tl::unexpected(ValidationError{"/prior/stream_id", "this stream has not ended with an answer"});
    turns.push_back(*std::move(turn));
  }
  if (!spec.conversation_id.empty()) {
    auto stored = streams_.turns(spec.conversation_id, turns_max);
    if (!stored) return tl::unexpected(ValidationError{"/conversation_id", stored.error().message});
    for (Turn& turn : *stored ? **stored : derived_.turns(spec.conversation_id)) turns.push_back(std::move(turn));
  }
  return workflow::truncate_to_tokens(std::move(turns), options_.conversation_tokens);
}

tl::expected<PreparedTask, RejectedTask> TaskService::prepare(TaskSpec spec) const {
  if (draining()) return rejected(shutting_down());
  const bool secret_redacted = redact_keys(spec, options_.scrubber);
  auto planned = planner_.plan(spec);
  auto turns = load_conversation(spec);
  auto* faults = std::get_if<std::vector<ValidationError>>(&planned);
  if (faults || !turns) {
    std::vector<ValidationError> all = faults ? std::move(*faults) : std::vector<ValidationError>();
    if (!turns) all.push_back(std::move(turns.error()));
    return rejected(Error{ErrorCode::validation_failed, "The task is not valid; `errors` lists every fault."},
                    std::move(all));
  }
  auto& [resolved, assignment] = std::get<workflow::PlannedTask>(planned);
  assignment.conversation = *std::move(turns);
  if (derived_.has_cache() && resolved.cache != CacheUse::none) {
    assignment.cache_keys = planner_.cache_keys(assignment, resolved);
    derived_.find_answer(assignment, resolved.cache);
  }
  assignment.secret_redacted = secret_redacted;
  resolved.workflow = assignment.workflow->name;  // chosen here if the task left it open
  auto info = streams_.prepare({std::move(resolved), assignment.skipped, plan_of(assignment)});
  assignment.date = date_of(info.created_at);
  return PreparedTask{std::move(info), std::move(assignment)};
}

Result<std::shared_ptr<stream::Stream>> TaskService::start(PreparedTask prepared,
                                                           const std::optional<core::KeyedResponse>& response) {
  auto opened = streams_.open(std::move(prepared.info), response);
  if (!opened) return opened;
  derived_.begin(*opened, prepared.assignment);
  (*opened)->owner_loop().post([this, stream = *opened, assignment = std::move(prepared.assignment),
                                resume = std::move(prepared.resume)]() mutable {
    begin(std::move(stream), std::move(assignment), std::move(resume));
  });
  return opened;
}

void TaskService::begin(std::shared_ptr<stream::Stream> stream, workflow::Assignment assignment,
                        std::optional<workflow::Resume> from) {
  LoopRuns& loop_runs = runs_for(stream->id());
  const StreamId id = stream->id();
  assignment.answer_bytes_max = options_.answer_bytes_max;
  auto on_finished = [this, &loop_runs, id] {
    const auto entry = loop_runs.runs.find(id);
    derived_.end(*entry->second.stream);
    loop_runs.runs.erase(entry);
  };
  auto run = std::make_unique<workflow::Run>(std::move(assignment), stream->info().spec, stream->info().trace_id,
                                             *stream, *loop_runs.providers, stream->owner_loop(),
                                             std::move(on_finished), std::move(from));
  workflow::Run& started = *run;
  loop_runs.runs.emplace(id, LoopRuns::Entry{stream, std::move(run)});
  stream->on_log_full([&started](const Error& error) { started.fail(error); });
  started.start();
}

CancelOutcome TaskService::cancel(const std::shared_ptr<stream::Stream>& stream, std::string by, std::string reason) {
  if (stream->finished()) return CancelOutcome::already_finished;
  stream->request_cancel();
  const auto stored = streams_.request_cancel(*stream);
  if (!stored) log::warning("a cancel is not stored: {}", stored.error().message);
  stop_run(stream, std::move(by), std::move(reason));
  return stored ? CancelOutcome::stopping : CancelOutcome::not_stored;
}

void TaskService::stop_run(const std::shared_ptr<stream::Stream>& stream, std::string by, std::string reason) {
  // Posted behind the run's start if that is still to come: both go through the same queue, in order.
  stream->owner_loop().post([this, stream, by = std::move(by), reason = std::move(reason)] {
    auto& runs = runs_for(stream->id()).runs;
    if (const auto entry = runs.find(stream->id()); entry != runs.end()) entry->second.run->cancel(by, reason);
  });
}

void TaskService::prepare_removal(const std::shared_ptr<stream::Stream>& stream) {
  if (!stream->finished()) {
    stream->request_cancel();
    stop_run(stream, "caller", "the task was deleted");
  }
  derived_.remove(*stream);
}

Result<void> TaskService::remove(const std::shared_ptr<stream::Stream>& stream) {
  prepare_removal(stream);
  return streams_.purge(stream->id());
}

Result<std::vector<StreamId>> TaskService::remove_conversation(const std::string& id) {
  std::vector<StreamId> all;
  bool found = derived_.forget_conversation(id);
  const core::ConversationTaskQuery query{.conversation_id = id, .limit = tasks_per_removal};
  for (std::vector<StreamId> previous;;) {
    const auto tasks = streams_.conversations().tasks(query);
    if (!tasks) return Failure(tasks.error());
    if (tasks->empty()) break;
    found = true;
    std::vector<StreamId> ids;
    for (const stream::ConversationEntry& task : *tasks) {
      const auto& [stream, stored] = task.listed;
      ids.push_back(stream ? stream->id() : stored.id);
      if (stream) {
        prepare_removal(stream);
      } else {
        derived_.remove(stored.id);
      }
    }
    // A damaged row may not have its own id.
    if (ids == previous) return Failure(Error{ErrorCode::stream_damaged, "a task of the conversation is damaged"});
    if (const auto removed = streams_.purge(ids); !removed) return Failure(removed.error());
    all.insert(all.end(), ids.begin(), ids.end());
    previous = std::move(ids);
  }
  if (!found) return Failure(core::no_such_conversation());
  return all;
}

SkipOutcome TaskService::skip(const std::shared_ptr<stream::Stream>& stream, std::string member) {
  bool takes_part = false, is_open = false;
  stream->with_state([&](const stream::StreamState& fold) {
    for (const auto& view : fold.members) takes_part |= view.member.id == member;
    for (const auto& chunk : fold.chunks) {
      if (chunk.source.member != member) continue;
      takes_part = true;  // it answers in the place of another
      is_open |= !chunk.finished;
    }
  });
  // The state lists the members from the first event on; the plan does from the moment of acceptance.
  if (!takes_part) {
    const auto plan = plan_from(stream->info().plan);
    takes_part = plan && std::find(plan->members.begin(), plan->members.end(), member) != plan->members.end();
  }
  if (!takes_part) return SkipOutcome::not_a_member;
  if (stream->finished()) return SkipOutcome::already_finished;
  stream->owner_loop().post([this, stream, member = std::move(member)] {
    auto& runs = runs_for(stream->id()).runs;
    if (const auto entry = runs.find(stream->id()); entry != runs.end()) entry->second.run->skip(member);
  });
  return is_open ? SkipOutcome::skipping : SkipOutcome::nothing_open;
}

void TaskService::cancel_abandoned(SteadyTime now) {
  for (const auto& stream : streams_.unfinished()) {
    const TaskSpec& spec = stream->info().spec;
    if (spec.on_abandon != OnAbandon::cancel) continue;
    const auto since = stream->unattended_since();
    if (since && now - *since >= spec.abandon_after) cancel(stream, "server", "it had no subscriber and no poll");
  }
}

void TaskService::stop_all(std::string_view reason) {
  for (const auto& stream : streams_.unfinished()) cancel(stream, "server", std::string(reason));
}

void TaskService::discard_runs() {
  for (auto& loop_runs : loop_runs_) loop_runs->runs.clear();
}

}  // namespace plenum::task
