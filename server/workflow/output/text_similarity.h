// How much two texts are alike: whether a debate still moves. Pure; any thread.
#pragma once

#include <string_view>

namespace plenum::workflow {

// Between 0 and 1: the Sørensen–Dice coefficient over runs of three words, in lower case and without
// punctuation; two texts shorter than that are alike when they are equal. Linear in the length, unlike
// an edit distance: answers are tens of kilobytes and are compared on an event loop.
double likeness(std::string_view a, std::string_view b);

}  // namespace plenum::workflow
