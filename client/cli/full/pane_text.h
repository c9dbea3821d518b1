// The texts of one member, or the answer, as lines of rendered Markdown, of which a part is visible. A growing text is
// rendered where it grows (markdown_stream.h).
// Not thread-safe.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/live/run_texts.h"
#include "client/cli/markdown/markdown_stream.h"
#include "client/cli/terminal/styled_text.h"

namespace plenum::client {

class PaneText {
 public:
  // One text with the line above it.
  struct Part {
    std::string id;       // the same for a text that has grown
    std::string heading;  // filtered; may be empty
    std::string_view text;
    bool ended = false;
    bool dim = false;
  };

  // Shows these texts. Those that have grown are rendered from where they were; others, and all of them if the width
  // has changed, from their start.
  void show(const std::vector<Part>& parts, std::size_t columns);

  std::size_t size() const { return lines_.size() + tail_.size(); }
  const StyledLine& line(std::size_t index) const {
    return index < lines_.size() ? lines_[index] : tail_[index - lines_.size()];
  }
  // The nearest line that contains `text`, in upper or lower case, at or after `from`, or before it.
  std::optional<std::size_t> find(std::string_view text, std::size_t from, bool forward) const;

 private:
  struct Shown {
    std::string id;
    std::size_t bytes = 0;  // of the text that were rendered
    bool ended = false;
  };

  bool continues(const std::vector<Part>& parts, std::size_t columns) const;
  void begin(const Part& part);
  void grow(const Part& part);

  std::size_t columns_ = 0;
  std::vector<Shown> shown_;
  MarkdownStream stream_{1};       // of the last part
  std::vector<StyledLine> lines_;  // finished
  std::vector<StyledLine> tail_;   // of the last part
};

// The line with every occurrence of `text` reversed.
StyledLine highlighted(const StyledLine& line, std::string_view text);

}  // namespace plenum::client
