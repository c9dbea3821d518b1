#include "server/stream/stream_table.h"

#include <algorithm>
#include <utility>

#include "common/base/strings.h"

namespace plenum::stream {

namespace {

bool contains_word(std::string_view text, std::string_view word) {
  const auto same = [](char a, char b) { return lower(a) == lower(b); };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

}  // namespace

bool contains_words(std::initializer_list<std::string_view> texts, std::string_view words) {
  return each_word(words, [&](std::string_view word) {
    return std::any_of(texts.begin(), texts.end(), [&](std::string_view text) { return contains_word(text, word); });
  });
}

bool matches_words(const Stream& stream, std::string_view words) {
  const std::string answer =
      stream.with_state([](const StreamState& state) { return state.result ? state.result->answer : std::string(); });
  return contains_words({stream.info().spec.task, answer}, words);
}

std::shared_ptr<Stream> StreamTable::insert(std::shared_ptr<Stream> stream, WallTime stored_use) {
  const StreamId id = stream->id();
  if (const auto existing = rows_.find(id); existing != rows_.end()) return existing->second.stream;
  by_age_.push_back(id);
  rows_.emplace(id, Row{stream, std::prev(by_age_.end()), stored_use});
  if (!has_store()) conversations_.insert(stream);
  return stream;
}

const StreamTable::Row* StreamTable::find(const StreamId& id) const {
  const auto row = rows_.find(id);
  return row == rows_.end() ? nullptr : &row->second;
}

std::vector<std::shared_ptr<Stream>> StreamTable::in_order() const {
  std::vector<std::shared_ptr<Stream>> streams;
  for (const StreamId& id : by_age_) streams.push_back(rows_.at(id).stream);
  return streams;
}

bool StreamTable::list(const core::TaskQuery& query, std::vector<std::shared_ptr<Stream>>& found) const {
  auto next = by_age_.end();
  if (query.before) {
    const Row* row = find(*query.before);
    if (row == nullptr) return false;
    next = row->position;
  }
  while (next != by_age_.begin() && found.size() < query.limit) {
    const auto& stream = rows_.at(*--next).stream;
    if (query.status && stream->status() != *query.status) continue;
    if (matches_words(*stream, query.words)) found.push_back(stream);
  }
  return true;
}

void StreamTable::remove(const StreamId& id, SteadyTime now, EvictTo where) {
  const auto row = rows_.find(id);
  if (row != rows_.end()) {
    auto stream = std::move(row->second.stream);
    by_age_.erase(row->second.position);
    rows_.erase(row);
    if (!has_store()) conversations_.remove(*stream);
    runtime::EventLoop& owner_loop = stream->owner_loop();
    owner_loop.post([stream = std::move(stream)] { stream->remove(); });
  }
  if (where == EvictTo::disk || !tombstone_options_.enabled) return;
  tombstones_.insert(id);
  tombstones_by_age_.push_back({id, now + tombstone_options_.ttl});
  if (tombstones_by_age_.size() > tombstone_options_.count_max) remove_oldest_tombstone();
}

std::size_t StreamTable::evict_longest_idle(SteadyTime now, EvictTo where, std::size_t bytes) {
  std::vector<std::pair<SteadyTime, StreamId>> idle;
  for (const auto& [id, row] : rows_) {
    if (const auto since = row.stream->idle_since()) idle.emplace_back(*since, id);
  }
  std::size_t count = std::min(idle.size(), std::max<std::size_t>(1, rows_.size() / 20)), evicted = 0;
  std::nth_element(idle.begin(), idle.begin() + static_cast<std::ptrdiff_t>(count), idle.end());
  const auto evict = [&](std::size_t i) {
    evicted += rows_.at(idle[i].second).stream->bytes_held();
    remove(idle[i].second, now, where);
  };
  for (std::size_t i = 0; i < count; ++i) evict(i);
  if (evicted < bytes) std::sort(idle.begin() + static_cast<std::ptrdiff_t>(count), idle.end());
  for (; evicted < bytes && count < idle.size(); ++count) evict(count);
  evicted_total += count;
  return count;
}

void StreamTable::remove_expired_tombstones(SteadyTime now) {
  while (!tombstones_by_age_.empty() && tombstones_by_age_.front().until <= now) remove_oldest_tombstone();
}

void StreamTable::remove_oldest_tombstone() {
  tombstones_.erase(tombstones_by_age_.front().id);
  tombstones_by_age_.pop_front();
}

}  // namespace plenum::stream
