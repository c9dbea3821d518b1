#include "tests/crash/history_checker.h"

#include <functional>
#include <nlohmann/json.hpp>

#include "common/base/ids.h"
#include "common/base/sha256.h"

namespace plenum::tests {

namespace {

// Faults are accidents and no attack: 64 bits of a fast hash tell texts apart well enough.
std::uint64_t hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }

std::string text_of(const Json& event, const char* field) {
  auto found = event.find(field);
  return found != event.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string shortened(std::string_view text) { return std::string(text.substr(0, 300)); }

}  // namespace

void HistoryChecker::found(std::string what) {
  ++finding_count_;
  if (findings_.size() < findings_max) findings_.push_back(std::move(what));
}

void HistoryChecker::accepted(const std::string& key, const std::string& stream) {
  Task& task = tasks_[key];
  if (!task.stream.empty() && task.stream != stream) {
    found("key " + key + " got the stream " + task.stream + " first and " + stream + " later");
    return;
  }
  task.stream = stream;
  auto [place, fresh] = streams_.try_emplace(stream);
  if (fresh) {
    place->second.key = key;
    ++counts_.streams;
  } else if (place->second.key != key) {
    found("the keys " + place->second.key + " and " + key + " got one stream, " + stream);
  }
}

HistoryChecker::Reader HistoryChecker::new_reader(const std::string& stream) {
  readers_.push_back({.stream = stream, .cursor = {}});
  return readers_.size() - 1;
}

void HistoryChecker::connected(Reader reader) { readers_[reader].on_connection = 0; }

void HistoryChecker::frame(Reader which, std::string_view id, std::string_view data, std::string_view bytes) {
  ++counts_.frames;
  ReaderState& reader = readers_[which];
  Stream& stream = streams_[reader.stream];
  std::uint64_t seq = 0;
  if (!follows(reader, stream, id, seq)) return;
  const std::uint64_t hash = hash_of(bytes);
  if (seq <= stream.frames.size()) {
    if (stream.frames[seq - 1] != hash) {
      found("stream " + reader.stream + ": " + std::string(id) + " has other bytes than before: " + shortened(bytes));
    }
  } else {
    stream.frames.push_back(hash);
    ++counts_.events;
    first_sight(stream, std::string(id), seq, data);
  }
}

// Whether the frame can be taken: its place in the log is the next one of the stream or one that is known.
bool HistoryChecker::follows(ReaderState& reader, Stream& stream, std::string_view id, std::uint64_t& seq) {
  const std::string where = "stream " + reader.stream + ": ";
  const auto parsed = EventId::parse(id);
  if (!parsed || parsed->seq == 0) {
    found(where + "no event id: " + shortened(id));
    return false;
  }
  seq = parsed->seq;
  if (stream.epoch.empty()) stream.epoch = parsed->epoch;
  if (stream.epoch != parsed->epoch) {
    found(where + "the epoch changes from " + stream.epoch + " at " + std::string(id));
    return false;
  }
  if (reader.on_connection != 0 && seq <= reader.on_connection) {
    found(where + std::string(id) + " comes after " + std::to_string(reader.on_connection) + " on one connection");
    return false;
  }
  reader.on_connection = seq;
  if (seq <= reader.seq) {
    ++counts_.wire_repeats;
    return true;
  }
  const bool next = seq == reader.seq + 1;
  if (!next) found(where + "a gap: " + std::string(id) + " follows " + std::to_string(reader.seq));
  reader.seq = seq;
  reader.cursor = std::string(id);
  // Behind a gap nothing can be judged that was not seen whole.
  return next;
}

void HistoryChecker::first_sight(Stream& stream, const std::string& id, std::uint64_t seq, std::string_view data) {
  const auto event = parse_json(data);
  if (!event || !event->is_object()) {
    found("key " + stream.key + ": " + id + " is no JSON object: " + shortened(data));
    return;
  }
  if (event->value("seq", std::uint64_t{0}) != seq) found("key " + stream.key + ": " + id + " has another seq inside");
  if (stream.terminal_seq != 0) {
    found("key " + stream.key + ": " + id + " (" + text_of(*event, "type") + ") comes after the terminal event " +
          std::to_string(stream.terminal_seq));
  }
  if (event->value("terminal", false)) {
    if (stream.terminal_seq != 0) return;
    stream.terminal_seq = seq;
    terminal(stream, id, *event);
  } else {
    fold(stream, id, *event);
  }
}

void HistoryChecker::fold(Stream& stream, const std::string& id, const Json& event) {
  const std::string type = text_of(event, "type"), chunk = text_of(event, "chunk");
  if (type == "snapshot") found("key " + stream.key + ": a snapshot at " + id + " stands in for lost events");
  if (chunk.empty()) return;
  Chunk& known = stream.chunks[chunk];
  const bool has_more =
      type == "chunk_started" || type == "token_stream" || type == "chunk_reset" || type == "chunk_completed";
  if (known.completed && has_more) {
    found("key " + stream.key + ": " + type + " of " + chunk + " at " + id + " comes after its chunk_completed");
    return;
  }
  if (type == "token_stream" && text_of(event, "kind") == "text") known.text += text_of(event, "tokens");
  if (type == "chunk_completed") completed(stream, id, chunk, event);
  if (type == "chunk_reset") {
    known.text.clear();
    ++counts_.resets;
  }
}

void HistoryChecker::completed(Stream& stream, const std::string& id, const std::string& chunk, const Json& event) {
  Chunk& known = stream.chunks[chunk];
  const std::string output = text_of(event, "output"), place = "key " + stream.key + ": " + chunk + " at " + id + ": ";
  known.completed = true;
  known.output = hash_of(output);
  if (output != known.text) {
    found(place + "the deltas (" + std::to_string(known.text.size()) + " bytes) joined are not the output (" +
          std::to_string(output.size()) + " bytes)");
  }
  if (text_of(event, "sha256") != sha256_hex(output)) found(place + "sha256 is not that of the output");
  std::string().swap(known.text);
  if (text_of(event, "status") != "ok") return;
  // Every call has a text of its own, so this also detects a call that was made after the one
  // whose output was recorded: it was paid for nothing.
  const Calls& calls = tasks_[stream.key].calls[chunk];
  if (calls.last_text != known.output) {
    found(place + "the output is not the text of the last of " + std::to_string(calls.count) + " upstream calls");
  }
}

void HistoryChecker::terminal(Stream& stream, const std::string& id, const Json& event) {
  const bool whole = text_of(event, "type") == "task_completed";
  ++(whole ? counts_.ended_completed : counts_.ended_otherwise);
  if (!whole) stream.cut_short_in = life_;
  auto result = event.find("result");
  if (result == event.end() || !result->is_object()) {
    found("key " + stream.key + ": the terminal event " + id + " has no result");
    return;
  }
  for (const Json& answer : result->value("answers", Json::array())) {
    const Chunk& chunk = stream.chunks[text_of(answer, "chunk")];
    if (!chunk.completed || chunk.output == hash_of(text_of(answer, "text"))) continue;
    found("key " + stream.key + ": the result has another text of " + text_of(answer, "chunk") + " than its output");
  }
  for (const auto& [name, chunk] : stream.chunks) {
    if (whole && !chunk.completed)
      found("key " + stream.key + ": the terminal event " + id + " comes while " + name + " is open");
  }
  stream.chunks.clear();
}

void HistoryChecker::control_frame(Reader reader, std::string_view data) {
  const auto event = parse_json(data);
  const std::string where = "stream " + readers_[reader].stream + ": ";
  if (!event || !event->is_object()) {
    found(where + "a control frame is no JSON object: " + shortened(data));
    return;
  }
  if (text_of(*event, "code") == "gap") found(where + "a gap notice: " + shortened(data));
  const std::string epoch = text_of(*event, "epoch"), &known = streams_[readers_[reader].stream].epoch;
  if (!epoch.empty() && !known.empty() && epoch != known) {
    found(where + "the epoch " + known + " has become " + epoch + " in a control frame");
  }
}

bool HistoryChecker::at_end(Reader reader) const {
  const ReaderState& state = readers_[reader];
  const Stream& stream = streams_.at(state.stream);
  return stream.terminal_seq != 0 && state.seq >= stream.terminal_seq;
}

std::uint64_t HistoryChecker::events_of(const std::string& stream) const {
  auto known = streams_.find(stream);
  return known == streams_.end() ? 0 : known->second.frames.size();
}

void HistoryChecker::body_ended(Reader reader) {
  if (at_end(reader)) return;
  found("stream " + readers_[reader].stream + ": the body ended behind " + std::to_string(readers_[reader].seq) +
        ", without a terminal event and without a crash");
}

void HistoryChecker::refused(Reader reader, int status, std::string_view body) {
  found("stream " + readers_[reader].stream + ": a reader behind " + std::to_string(readers_[reader].seq) +
        " was answered " + std::to_string(status) + ": " + shortened(body));
}

void HistoryChecker::upstream_call(const std::string& key, const std::string& chunk, std::string_view text) {
  ++counts_.calls;
  Task& task = tasks_[key];
  Calls& calls = task.calls[chunk];
  if (auto stream = streams_.find(task.stream); stream != streams_.end()) {
    auto known = stream->second.chunks.find(chunk);
    const bool completed = known != stream->second.chunks.end() && known->second.completed;
    // A call may have been on its way when its task was cut short, and be seen behind the end.
    const bool ended = stream->second.terminal_seq != 0 && stream->second.cut_short_in != life_;
    if (completed || ended) {
      found("key " + key + ": " + chunk + " was called again after a client had seen its end");
    }
  }
  if (task.cancelled_in != 0 && life_ > task.cancelled_in) {
    found("key " + key + ": " + chunk + " was called after its task had been cancelled in an earlier life");
  }
  if (calls.count > 0 && calls.last_life == life_) {
    found("key " + key + ": " + chunk + " was called twice in one life of the server");
  }
  if (calls.count > 0) ++counts_.calls_again;
  ++calls.count;
  calls.last_life = life_;
  calls.last_text = hash_of(text);
}

void HistoryChecker::cancelled(const std::string& key) {
  ++counts_.cancels;
  tasks_[key].cancelled_in = life_;
}

void HistoryChecker::finish() {
  for (const auto& [id, stream] : streams_) {
    if (stream.terminal_seq == 0) {
      found("stream " + id + " (key " + stream.key + ") was accepted and never ended; " +
            std::to_string(stream.frames.size()) + " events were seen");
    }
  }
  for (std::size_t reader = 0; reader < readers_.size(); ++reader) {
    const Stream& stream = streams_[readers_[reader].stream];
    if (stream.terminal_seq != 0 && !at_end(reader)) {
      found("stream " + readers_[reader].stream + ": a reader never got beyond " +
            std::to_string(readers_[reader].seq) + " of " + std::to_string(stream.terminal_seq));
    }
  }
}

}  // namespace plenum::tests
