// State of the models of one provider, by name. Bounded, because a task may name any model: beyond the limit, the state
// that was unused for the longest time is dropped. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace plenum::provider {

template <class State>
class ModelTable {
 public:
  static constexpr std::size_t models_max = 256;

  // The state of the model, a new one if it has none. Null if the table is full and no state is droppable. Valid until
  // the next call.
  template <class Droppable>
  State* find_or_add(std::string_view model, Droppable&& droppable) {
    auto row = rows_.find(model);
    if (row == rows_.end()) {
      if (rows_.size() >= models_max && !drop_oldest(droppable)) return nullptr;
      row = rows_.try_emplace(std::string(model)).first;
    }
    row->second.used = ++uses_;
    return &row->second.state;
  }
  State* find(std::string_view model) {
    const auto row = rows_.find(model);
    return row == rows_.end() ? nullptr : &row->second.state;
  }
  const State* find(std::string_view model) const {
    const auto row = rows_.find(model);
    return row == rows_.end() ? nullptr : &row->second.state;
  }
  // f(const std::string& model, const State& state), in the order of the names.
  template <class F>
  void each(F&& f) const {
    for (const auto& [model, row] : rows_) f(model, row.state);
  }
  std::size_t size() const { return rows_.size(); }

 private:
  struct Row {
    State state{};
    std::uint64_t used = 0;
  };

  template <class Droppable>
  bool drop_oldest(Droppable& droppable) {
    auto oldest = rows_.end();
    for (auto row = rows_.begin(); row != rows_.end(); ++row) {
      if (!droppable(std::as_const(row->second.state))) continue;
      if (oldest == rows_.end() || row->second.used < oldest->second.used) oldest = row;
    }
    if (oldest == rows_.end()) return false;
    rows_.erase(oldest);
    return true;
  }

  std::map<std::string, Row, std::less<>> rows_;
  std::uint64_t uses_ = 0;
};

}  // namespace plenum::provider
