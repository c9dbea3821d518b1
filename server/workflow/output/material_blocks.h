// Delimiters around texts of models, users and web pages inside a prompt. Such a text may contain headings, labels and
// instructions of its own; the tags around it hold a boundary that its author could not know. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace plenum::workflow {

class MaterialBlocks {
 public:
  // The same seed gives the same boundary; it must be unknown to the authors of the texts.
  explicit MaterialBlocks(std::string_view seed);

  struct Block {
    std::string_view name;    // of the tag: a-z, 0-9, _ and -
    std::string_view id{};    // label of the text, if it is one of several
    bool incomplete = false;  // the text stops at a token limit
  };
  // `<answer-1f6e id="B">`, the text, `</answer-1f6e>`, each on its own lines. An empty text stays empty.
  std::string around(std::string_view text, const Block& block) const;
  // The sentences that explain the tags to the model.
  std::string rule() const;

 private:
  const std::string boundary_;
};

}  // namespace plenum::workflow
