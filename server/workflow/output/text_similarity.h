// Similarity of two texts, to detect that a debate has converged. Pure; any thread.
#pragma once

#include <string_view>

namespace plenum::workflow {

// Between 0 and 1: the Sørensen–Dice coefficient over runs of three words, in lower case and without
// punctuation; two shorter texts have similarity 1 if they are equal, else 0. Linear in the length, unlike an
// edit distance: answers have tens of kilobytes and are compared on an event loop.
double text_similarity(std::string_view a, std::string_view b);

}  // namespace plenum::workflow
