// Search of words in texts in memory: what a store does with its full-text index. Pure: any thread.
#pragma once

#include <initializer_list>
#include <string_view>

namespace plenum::stream {

// Whether every word occurs in one of the texts. ASCII letters match in either case.
bool contains_words(std::initializer_list<std::string_view> texts, std::string_view words);

}  // namespace plenum::stream
