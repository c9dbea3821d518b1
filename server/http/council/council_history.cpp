#include "server/http/council/council_history.h"

#include <deque>
#include <nlohmann/json.hpp>

#include "common/sse/encoded_frame.h"
#include "server/compat/council_message.h"
#include "server/http/sse/control_frames.h"

namespace plenum::http {
namespace {

constexpr std::size_t turns_max = 50, page_tasks = 100;
constexpr std::size_t batch_bytes_max = 1024 * 1024;

// The log of a finished stream may be read on any thread.
Json assistant_message(const stream::Stream& stream, compat::CompatFormat format) {
  compat::CouncilMessage message(format);
  const auto translator = compat::translator(format);
  std::vector<compat::Frame> frames;
  for (std::uint64_t seq = stream.first_seq() - 1;;) {
    const core::FrameSpan span = stream.frames_after(seq, batch_bytes_max);
    if (span.empty()) return message.message();
    for (std::size_t i = 0; i < span.ends.size(); ++i) {
      frames.clear();
      if (const auto event = parse_event(data_of(span.frame(i)))) translator->translate(*event, frames);
      for (const compat::Frame& frame : frames) message.add(frame);
    }
    seq += span.ends.size();
  }
}

}  // namespace

Result<Json> council_messages(const HandlerContext& context, const std::string& conversation_id,
                              runtime::MemoryCharge& memory) {
  std::deque<StreamId> newest;
  core::ConversationTaskQuery query{.conversation_id = conversation_id, .limit = page_tasks};
  for (;;) {
    const auto page = context.tasks.streams().conversations().tasks(query);
    if (!page) return Failure(page.error());
    if (page->empty()) break;
    for (const stream::ConversationEntry& task : *page) {
      newest.push_back(task.listed.stream ? task.listed.stream->id() : task.listed.stored.id);
      if (newest.size() > turns_max) newest.pop_front();
    }
    query.after = newest.back();
  }
  Json messages = Json::array();
  for (const StreamId& id : newest) {
    const auto found = context.tasks.streams().find(id);
    if (!found) continue;  // deleted in the meantime, or damaged
    const stream::Stream& stream = **found;
    if (!memory.resize(memory.bytes() + render_bytes(stream))) return Failure(out_of_memory());
    messages.push_back(Json{{"role", "user"}, {"content", stream.info().spec.task}});
    if (!stream.finished()) continue;
    if (Json message = assistant_message(stream, context.default_format); !message.is_null()) {
      messages.push_back(std::move(message));
    }
  }
  return messages;
}

std::shared_ptr<stream::Stream> newest_task(const HandlerContext& context, const std::string& conversation_id) {
  const auto found = context.tasks.streams().conversations().find(conversation_id);
  if (!found) return nullptr;
  auto stream = context.tasks.streams().find(found->newest);
  return stream ? *std::move(stream) : nullptr;
}

}  // namespace plenum::http
