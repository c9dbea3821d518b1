// Whether two tasks that have similar embeddings may have the same answer. Embeddings show the subject of a text, but
// hardly a changed number, name or negation: those are compared here, word by word. A difference that does not matter
// costs a cache hit; one that is overlooked returns a wrong answer, so every rule prefers the former.
// Source: docs/workflows.md, "Semantic cache". Pure; any thread.
#pragma once

#include <string_view>

namespace plenum::workflow {

// All of this must be equal in both texts, in the same order:
//   - numbers, also as words; negations; words of direction and degree, such as `before`, `increase`, `all`
//   - quoted texts and code, byte by byte; identifiers, paths, URLs and options
//   - names: words with a capital letter, except common words at the start of a sentence
//   - the content words that both texts share: `from miles to kilometers` is not `from kilometers to miles`
// If the texts share most of their wording, all their content words must be equal, apart from inflection: a single
// replaced word is then the subject rather than a synonym.
bool may_share_answer(std::string_view a, std::string_view b);

}  // namespace plenum::workflow
