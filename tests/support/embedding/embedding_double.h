// Stands in for an embedding model, the same on every machine. Like a real one it knows synonyms, and is almost blind
// to numbers, negations, names, quoted words and the order of words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plenum::tests {

// Of length 1, with 256 numbers.
std::vector<float> embedding_of(std::string_view text);
// A response of an OpenAI-compatible server with it.
std::string embedding_response(std::string_view text);

}  // namespace plenum::tests
