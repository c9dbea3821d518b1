#include "client/cli/full/full_view.h"

#include <algorithm>
#include <utility>

#include "client/cli/render/chunk_lines.h"
#include "client/cli/terminal/terminal_text.h"
#include "common/base/strings.h"

namespace plenum::client {
namespace {

// After a lone escape byte: the key, unless the rest of a sequence follows.
constexpr milliseconds escape_wait{50};
constexpr milliseconds no_refresh{3'600'000};

}  // namespace

FullView::FullView(Output& output, std::unique_ptr<Keyboard> keyboard, const Waiter& waiting, LiveViewOptions options)
    : output_(output),
      keyboard_(std::move(keyboard)),
      waiting_(waiting),
      options_(options),
      scrollback_(output, waiting, options),
      painter_(options_.color),
      size_(options_.size()) {
  scrollback_.hold(true);
}

FullView::~FullView() { close_screen(); }

void FullView::on_event(const ReceivedEvent& event, std::string_view json) {
  scrollback_.on_event(event, json);
  if (!event.terminal) return;
  answer_ = result_of(event).answer;
  urgent_ = true;
}

void FullView::notice(Notice level, std::string_view text) {
  scrollback_.notice(level, text);
  state_.message = terminal_line(text);
  urgent_ = true;
}

void FullView::leave() {
  scrollback_.leave();
  close_screen();
}

void FullView::flush() {
  if (closed_) return scrollback_.flush();
  const bool due = !painted_ || waiting_.now() - *painted_ >= LiveView::frame_interval;
  if (due || urgent_) paint();
  output_.flush();
}

milliseconds FullView::refresh() {
  if (closed_) return scrollback_.refresh();
  keyboard_->enable();
  read_keys();
  if (closed_) return no_refresh;
  const SteadyTime now = waiting_.now();
  const bool due = !painted_ || now - *painted_ >= LiveView::frame_interval;
  if (due || urgent_) {
    paint();
    output_.flush();
  }
  if (keys_.pending()) return escape_wait;
  return std::max(milliseconds(1), std::chrono::ceil<milliseconds>(*painted_ + LiveView::frame_interval - now));
}

void FullView::suspend() {
  if (closed_) return;
  output_.out(painter_.close());
  keyboard_->restore();
  output_.flush();
}

std::optional<ViewRequest> FullView::take_request() { return std::exchange(request_, std::nullopt); }

void FullView::read_keys() {
  const auto bytes = keyboard_->read();
  if (!bytes) {  // no key can be pressed any more
    request_ = ViewRequest{ViewRequest::Kind::leave, {}};
    return;
  }
  std::vector<Key> keys;
  const SteadyTime now = waiting_.now();
  if (!bytes->empty()) {
    key_time_ = now;
    keys_.feed(*bytes, keys);
  } else if (keys_.pending() && key_time_ && now - *key_time_ >= escape_wait) {
    keys_.flush(keys);
  }
  for (const Key& key : keys) press(key);
}

void FullView::press(const Key& key) {
  if (closed_) return;
  urgent_ = true;
  const std::size_t subject = state_.selected;
  switch (apply_key(state_, key, facts())) {
    case FullAction::none:
      break;
    case FullAction::cancel:
      request_ = ViewRequest{ViewRequest::Kind::cancel, {}};
      break;
    case FullAction::skip:
      request_ = ViewRequest{ViewRequest::Kind::skip, model().rows()[subject].member};
      break;
    case FullAction::leave:
      if (model().is_running()) {
        request_ = ViewRequest{ViewRequest::Kind::leave, {}};
      } else {
        close_screen();
      }
      return;
  }
  // A member that has finished is read from its start.
  if (state_.selected != subject) {
    state_.follow_end = member_is_chosen() && is_moving(model().rows()[state_.selected].state);
  }
}

FullScreenFacts FullView::facts() const {
  const std::size_t rows = model().rows().size();
  FullScreenFacts facts;
  facts.subjects = rows + (has_answer() ? 1 : 0);
  facts.subject_is_member = member_is_chosen();
  facts.lines = pane_.size();
  facts.page = full_geometry(size_, facts.subjects, state_.expanded).text_rows;
  facts.ended = !model().is_running();
  facts.find = [this](std::string_view text, std::size_t from, bool forward) {
    return pane_.find(text, from, forward);
  };
  return facts;
}

const ChunkText* FullView::answer_chunk() const {
  const ChunkText* last = nullptr;
  for (const ChunkText& chunk : scrollback_.texts().chunks()) {
    if (chunk.kind == "merge" && !chunk.text.empty()) last = &chunk;
  }
  return last;
}

bool FullView::has_answer() const {
  return model().rows().size() > 1 && (!answer_.empty() || answer_chunk() != nullptr);
}

std::vector<PaneText::Part> FullView::parts() const {
  std::vector<PaneText::Part> parts;
  if (!member_is_chosen()) {
    const ChunkText* chunk = answer_chunk();
    if (!answer_.empty()) {
      parts.push_back({"result", "", answer_, true});
    } else if (chunk != nullptr) {
      parts.push_back({chunk->source.chunk, "", chunk->text, chunk->ended});
    }
    return parts;
  }
  const RunRow& row = model().rows()[state_.selected];
  for (const ChunkText& chunk : scrollback_.texts().chunks()) {
    if (model().shows(row, chunk.source)) add_chunk_parts(chunk, parts);
  }
  if (row.state == RowState::failed && !row.note.empty()) parts.push_back({"failure", "failed", row.note, true});
  return parts;
}

void FullView::add_chunk_parts(const ChunkText& chunk, std::vector<PaneText::Part>& parts) const {
  const std::string& stage = chunk.source.stage.empty() ? chunk.source.chunk : chunk.source.stage;
  const std::string id = chunk.source.chunk + "#" + std::to_string(chunk.source.attempt);
  // Without an option, reasoning is shown while there is nothing else.
  if (!chunk.reasoning.empty() && (options_.show_reasoning || chunk.text.empty())) {
    parts.push_back({id + " reasoning", terminal_line(stage) + " · reasoning", chunk.reasoning,
                     chunk.ended || !chunk.text.empty(), true});
  }
  if (!chunk.text.empty()) parts.push_back({id, terminal_line(stage), chunk.text, chunk.ended});
}

std::string FullView::subject_name() const {
  return member_is_chosen() ? model().rows()[state_.selected].name : std::string(has_answer() ? "Answer" : "");
}

// Until the user chooses, the view shows what is being written.
void FullView::follow_run() {
  const std::vector<RunRow>& rows = model().rows();
  if (state_.chosen || rows.empty()) return;
  std::size_t selected = state_.selected;
  const auto writing = [](const RunRow& row) { return row.state == RowState::writing; };
  const auto first = std::find_if(rows.begin(), rows.end(), writing);
  if (has_answer()) {
    selected = rows.size();
  } else if (selected >= rows.size() || (!writing(rows[selected]) && first != rows.end())) {
    selected = first == rows.end() ? 0 : static_cast<std::size_t>(first - rows.begin());
  }
  if (selected == state_.selected) return;
  state_.selected = selected;
  state_.follow_end = true;
}

void FullView::paint() {
  painted_ = waiting_.now();
  urgent_ = false;
  size_ = options_.size();
  scrollback_.flush();
  follow_run();
  const std::size_t subjects = model().rows().size() + (has_answer() ? 1 : 0);
  const FullGeometry geometry = full_geometry(size_, subjects, state_.expanded);
  pane_.show(parts(), std::max<std::size_t>(geometry.text_columns, 1));
  const std::size_t top = visible_top(state_, pane_.size(), geometry.text_rows);
  FullContent content{model(), *painted_, state_, has_answer(), subject_name(), pane_.size(), top, {}};
  for (std::size_t i = top; i < std::min(pane_.size(), top + geometry.text_rows); ++i) {
    content.text.push_back(highlighted(pane_.line(i), state_.query));
  }
  output_.out(painter_.update(full_lines(content, size_), size_));
}

void FullView::close_screen() {
  if (std::exchange(closed_, true)) return;
  output_.out(painter_.close());
  keyboard_->restore();
  scrollback_.hold(false);
  scrollback_.refresh();
  scrollback_.flush();
}

}  // namespace plenum::client
