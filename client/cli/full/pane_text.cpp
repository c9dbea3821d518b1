// A text that is not the last one can still grow, when two chunks of a member run at the same time. Then everything is
// rendered again; this is rare, and the text of one member is short.
#include "client/cli/full/pane_text.h"

#include <algorithm>
#include <iterator>

#include "common/base/strings.h"

namespace plenum::client {
namespace {

constexpr std::size_t pane_tail_lines_max = 200;

}  // namespace

void PaneText::show(const std::vector<Part>& parts, std::size_t columns) {
  if (!continues(parts, columns)) {
    columns_ = columns;
    shown_.clear();
    lines_.clear();
    stream_ = MarkdownStream(columns);
  }
  tail_.clear();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i == shown_.size()) begin(parts[i]);
    if (i + 1 == shown_.size()) grow(parts[i]);
  }
  if (!shown_.empty() && !shown_.back().ended) tail_ = stream_.tail(pane_tail_lines_max);
  if (!parts.empty() && parts.back().dim) {
    for (StyledLine& line : tail_) {
      for (Span& span : line) span.style.dim = true;
    }
  }
}

bool PaneText::continues(const std::vector<Part>& parts, std::size_t columns) const {
  if (columns != columns_ || parts.size() < shown_.size()) return false;
  for (std::size_t i = 0; i < shown_.size(); ++i) {
    const bool last = i + 1 == shown_.size();
    if (parts[i].id != shown_[i].id || parts[i].text.size() < shown_[i].bytes) return false;
    if ((!last || shown_[i].ended) && parts[i].text.size() != shown_[i].bytes) return false;
  }
  return true;
}

void PaneText::begin(const Part& part) {
  if (!shown_.empty() && !shown_.back().ended) stream_.finish(lines_);
  if (!lines_.empty()) lines_.emplace_back();
  if (!part.heading.empty()) {
    for (StyledLine& line : wrapped({{part.heading, {.bold = true, .dim = part.dim}}}, columns_, 2)) {
      lines_.push_back(std::move(line));
    }
    lines_.emplace_back();
  }
  shown_.push_back({part.id});
}

void PaneText::grow(const Part& part) {
  Shown& shown = shown_.back();
  if (shown.ended) return;
  const std::size_t before = lines_.size();
  stream_.feed(part.text.substr(shown.bytes), lines_);
  shown.bytes = part.text.size();
  if (part.ended) {
    stream_.finish(lines_);
    shown.ended = true;
  }
  if (!part.dim) return;
  for (std::size_t i = before; i < lines_.size(); ++i) {
    for (Span& span : lines_[i]) span.style.dim = true;
  }
}

std::optional<std::size_t> PaneText::find(std::string_view text, std::size_t from, bool forward) const {
  const std::string wanted = lower_case(text);
  const auto contains = [&](std::size_t index) {
    return lower_case(plain_text(line(index))).find(wanted) != std::string::npos;
  };
  if (forward) {
    for (std::size_t i = from; i < size(); ++i) {
      if (contains(i)) return i;
    }
    return std::nullopt;
  }
  for (std::size_t i = std::min(from, size()); i-- > 0;) {
    if (contains(i)) return i;
  }
  return std::nullopt;
}

StyledLine highlighted(const StyledLine& line, std::string_view text) {
  const std::string plain = lower_case(plain_text(line)), wanted = lower_case(text);
  if (wanted.empty() || plain.find(wanted) == std::string::npos) return line;
  StyledLine out;
  std::size_t begin = 0;  // of the span in the line
  for (const Span& span : line) {
    for (std::size_t at = 0; at < span.text.size();) {
      const std::size_t position = begin + at;
      // The match that this position is in, or before.
      std::size_t match = plain.find(wanted, position - std::min(position, wanted.size() - 1));
      const bool inside = match != plain.npos && match <= position;
      const std::size_t end = match == plain.npos ? plain.size() : inside ? match + wanted.size() : match;
      Span part{span.text.substr(at, end - position), span.style};
      part.style.reverse = inside;
      at += part.text.size();
      out.push_back(std::move(part));
    }
    begin += span.text.size();
  }
  return out;
}

}  // namespace plenum::client
