#include "common/json/json.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "common/json/json_writer.h"

namespace plenum {
namespace {

// Iterates over the text and records how far the parser has read: the library reports the byte of a syntax error, but
// not of an error that its caller finds.
class TrackedChar {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  TrackedChar(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}
  reference operator*() const { return *at_; }
  TrackedChar& operator++() {
    *furthest_ = ++at_;
    return *this;
  }
  TrackedChar operator++(int) {
    TrackedChar before = *this;
    ++*this;
    return before;
  }
  bool operator==(const TrackedChar& other) const { return at_ == other.at_; }
  bool operator!=(const TrackedChar& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** furthest_;
};

// Builds the value from the parser's callbacks. The library's own builder searches the whole object for every key it
// adds, so a body of 100,000 keys takes a minute. Here keys are appended, and duplicates are searched once, at the end
// of the object.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(JsonLimits limits) : limits_(limits) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // JSON text has none
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_array() override { return close(); }
  bool end_object() override { return settle_keys(*open_.back()) && close(); }
  bool key(string_t& name) override {
    key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& fault) override {
    error_byte_ = position;
    reason_ = reason_in(fault.what());
    return false;
  }

  Json take() { return std::move(root_); }
  const std::string& reason() const { return reason_; }
  std::size_t error_byte() const { return error_byte_; }  // 0 if the library reported no position

 private:
  using Members = Json::object_t;

  // The library's message between its position and the text it last read. The position is replaced by ours, and the
  // text may be secret.
  static std::string reason_in(std::string_view what) {
    const std::size_t start = what.find(" - ");
    if (start == std::string_view::npos) return "not a JSON text";
    const std::string_view rest = what.substr(start + 3);
    return std::string(rest.substr(0, rest.find("; last read")));
  }

  Json* place(Json&& value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back();
    if (parent.is_array()) {
      auto& items = parent.get_ref<Json::array_t&>();
      items.push_back(std::move(value));
      return &items.back();
    }
    auto& members = parent.get_ref<Members&>();
    members.emplace_back(std::move(key_), std::move(value));
    return &members.back().second;
  }

  bool add(Json&& value) {
    place(std::move(value));
    return true;
  }

  bool open(Json&& value) {
    if (open_.size() == limits_.depth_max) {
      reason_ = "nested deeper than " + std::to_string(limits_.depth_max) + " levels";
      return false;
    }
    open_.push_back(place(std::move(value)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  // Of members with the same key the last one remains, or the text is rejected.
  bool settle_keys(Json& object) {
    auto& members = object.get_ref<Members&>();
    if (!has_repeated_key(members)) return true;
    if (limits_.reject_duplicate_keys) {
      reason_ = "duplicate key in the object that ends here";
      return false;
    }
    const std::vector<Members::value_type*> sorted = by_key(members);
    for (std::size_t i = 1; i < sorted.size(); ++i) {
      if (sorted[i - 1]->first == sorted[i]->first) sorted[i - 1]->second = Json(Json::value_t::discarded);
    }
    Members unique;
    for (auto& [name, value] : members) {
      if (!value.is_discarded()) unique.emplace_back(name, std::move(value));
    }
    members.swap(unique);
    return true;
  }

  // The members sorted by key; equal keys in the order of the text.
  static std::vector<Members::value_type*> by_key(Members& members) {
    std::vector<Members::value_type*> sorted;
    sorted.reserve(members.size());
    for (auto& member : members) sorted.push_back(&member);
    std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) {
      const int order = a->first.compare(b->first);
      return order != 0 ? order < 0 : a < b;
    });
    return sorted;
  }

  static bool has_repeated_key(Members& members) {
    constexpr std::size_t few = 12;  // compared pairwise, without an allocation
    if (members.size() > few) {
      const auto sorted = by_key(members);
      const auto same = [](const auto* a, const auto* b) { return a->first == b->first; };
      return std::adjacent_find(sorted.begin(), sorted.end(), same) != sorted.end();
    }
    for (auto member = members.begin(); member != members.end(); ++member) {
      const auto same = [&](const auto& other) { return other.first == member->first; };
      if (std::any_of(std::next(member), members.end(), same)) return true;
    }
    return false;
  }

  const JsonLimits limits_;
  Json root_;
  std::vector<Json*>
      open_;  // the open arrays and objects, outermost first; a parent does not grow while a child is open
  std::string key_;
  std::string reason_;
  std::size_t error_byte_ = 0;
};

Failure malformed(std::string_view reason, std::size_t byte) {
  return Failure(
      Error{ErrorCode::malformed, "not valid JSON at byte " + std::to_string(byte) + ": " + std::string(reason)});
}

}  // namespace

Result<Json> parse_json(std::string_view text, JsonLimits limits) {
  // The library treats NUL as the end of the text and would ignore the rest.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) return malformed("a NUL byte", nul + 1);
  const char* furthest = text.data();
  Builder builder(limits);
  const bool whole =
      Json::sax_parse(TrackedChar(text.data(), &furthest), TrackedChar(text.data() + text.size(), &furthest), &builder);
  if (!whole) {
    const auto read = static_cast<std::size_t>(furthest - text.data());
    return malformed(builder.reason(), builder.error_byte() != 0 ? builder.error_byte() : read);
  }
  return builder.take();
}

std::string dump_json(const Json& value) {
  return with_escaped_separators(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string pointer_to(std::string_view parent, std::string_view name) {
  std::string pointer(parent);
  pointer.push_back('/');
  for (const char c : name) {
    if (c == '~') {
      pointer.append("~0");
    } else if (c == '/') {
      pointer.append("~1");
    } else {
      pointer.push_back(c);
    }
  }
  return pointer;
}

}  // namespace plenum
