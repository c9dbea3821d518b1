// A task to keep: a document for people in Markdown, or everything as JSON. Of a stream in any state; what
// is unfinished is marked as such. Pure: any thread. Both are described in docs/protocol.md, "Export".
//
// Texts of models, and the task itself, stand between fences in the document, unchanged: what they
// hold can then be neither a heading of the document nor HTML, an image that is fetched when a reader
// opens it, or a link definition. The price is that their own Markdown is shown and not laid out.
#pragma once

#include <string>

#include "common/json/json.h"
#include "server/stream/stream.h"

namespace plenum::task {

// The stream as it stands: its state is copied under its lock and written outside of it, so that a long
// document holds up no event.
std::string export_markdown(const stream::Stream& stream);
Json export_json(const stream::Stream& stream);

// The same from the parts, for a stream that is not in memory.
std::string export_markdown(const stream::StreamInfo& facts, const stream::StreamState& fold);
Json export_json(const stream::StreamInfo& facts, const stream::StreamState& fold);

// Whether a chunk's text is less than the whole: it is still being written, or it broke off.
bool is_partial(const stream::ChunkView& chunk);
// `running`, `interrupted` when the task ended around it, or how the chunk ended.
std::string_view status_word(const stream::ChunkView& chunk, TaskStatus of_the_task);

}  // namespace plenum::task
