#include "tests/support/embedding/task_pairs.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace plenum::tests {

namespace {

// What tasks are about; combined, they give 10 × 10 tasks of each form.
constexpr std::array<std::string_view, 10> things{"list of customers",      "collection of photos", "table of prices",
                                                  "set of sensor readings", "history of payments",  "catalog of books",
                                                  "backup of emails",       "report of expenses",   "queue of messages",
                                                  "archive of recordings"};
constexpr std::array<std::string_view, 10> tools{"Python", "Excel", "Postgres", "Java", "Rust",
                                                 "Redis",  "Perl",  "Haskell",  "Ruby", "Kotlin"};
constexpr std::array<std::string_view, 10> cities{"Paris",  "London", "Berlin", "Madrid", "Rome",
                                                  "Vienna", "Prague", "Lisbon", "Oslo",   "Dublin"};
constexpr std::array<std::string_view, 10> subjects{"coffee", "cotton", "bamboo",   "copper", "granite",
                                                    "salmon", "barley", "lavender", "silk",   "honey"};
constexpr std::array<std::string_view, 10> places{"greenhouse", "warehouse", "factory", "laboratory", "hospital",
                                                  "library",    "kitchen",   "harbor",  "vineyard",   "workshop"};

template <class F>
void each_pair(const F& make) {
  for (std::size_t i = 0; i < 10; ++i) {
    for (std::size_t j = 0; j < 10; ++j) make(i, j);
  }
}

std::string sort_task(std::size_t i, std::size_t j) {
  return fmt::format("How do I sort a {} by date in {}?", things[i], tools[j]);
}
std::string storage_task(std::size_t i, std::size_t j) {
  return fmt::format("Explain how {} is stored in a {} during winter.", subjects[i], places[j]);
}

struct Builder {
  std::vector<TaskPair> pairs;
  void add(std::string_view kind, std::string task, std::string other) {
    pairs.push_back({std::string(kind), std::move(task), std::move(other)});
  }
};

}  // namespace

std::vector<TaskPair> paraphrases() {
  Builder out;
  each_pair([&](std::size_t i, std::size_t j) {
    const std::string_view thing = things[i], tool = tools[j], subject = subjects[i], place = places[j];
    out.add("polite", sort_task(i, j),
            fmt::format("Could you please tell me how to sort a {} by date in {}?", thing, tool));
    out.add("other question form", sort_task(i, j),
            fmt::format("What is the way to sort the {} by date in {}?", thing, tool));
    out.add("clause moved", sort_task(i, j), fmt::format("In {}, how can I sort a {} by date?", tool, thing));
    out.add("inflection", sort_task(i, j), fmt::format("What is the way of sorting a {} by date in {}?", thing, tool));
    out.add("case and marks", sort_task(i, j), fmt::format("how do i sort a {} by date in {}", thing, tool));
    out.add("request for question", storage_task(i, j),
            fmt::format("How is {} stored in a {} during winter?", subject, place));
    out.add("another verb of asking", storage_task(i, j),
            fmt::format("Please describe how {} is stored in the {} during winter.", subject, place));
    out.add("synonym known here", fmt::format("What is the fastest technique to fix {} in a large {}?", subject, place),
            fmt::format("What is the quickest technique to repair {} in a huge {}?", subject, place));
    out.add("synonym known to the model only", fmt::format("Which film shows {} in a {}?", subject, place),
            fmt::format("Which movie shows {} in a {}?", subject, place));
    out.add("number as a word", fmt::format("Name three uses of {} in a {}.", subject, place),
            fmt::format("Name 3 uses of {} in a {}.", subject, place));
  });
  return std::move(out.pairs);
}

std::vector<TaskPair> near_misses() {
  Builder out;
  each_pair([&](std::size_t i, std::size_t j) {
    const std::string_view thing = things[i], subject = subjects[i], place = places[j];
    const std::string_view city = cities[j], next_city = cities[(j + 1) % 10], next_tool = tools[(j + 1) % 10];
    out.add("number", fmt::format("How much does {} from a {} cost for {} days?", subject, place, i + 3),
            fmt::format("How much does {} from a {} cost for {} days?", subject, place, i + 4));
    out.add("negation", fmt::format("Which kinds of {} are allowed in a {}?", subject, place),
            fmt::format("Which kinds of {} are not allowed in a {}?", subject, place));
    out.add("name", sort_task(i, j), fmt::format("How do I sort a {} by date in {}?", thing, next_tool));
    out.add("quoted text", fmt::format("Translate \"the {} of {}\" for a sign in a {}.", subject, city, place),
            fmt::format("Translate \"the {} in {}\" for a sign in a {}.", subject, city, place));
    out.add("identifier", fmt::format("Why does read_{} return an empty {}?", subject, thing),
            fmt::format("Why does read_{}s return an empty {}?", subject, thing));
    out.add("order", fmt::format("What is the best train from {} to {} for a {}?", city, next_city, place),
            fmt::format("What is the best train from {} to {} for a {}?", next_city, city, place));
    out.add("direction", fmt::format("How does a {} increase the price of {} before the harvest?", place, subject),
            fmt::format("How does a {} decrease the price of {} before the harvest?", place, subject));
    out.add("roles", fmt::format("Does {} damage the {} more than water?", subject, thing),
            fmt::format("Does the {} damage {} more than water?", thing, subject));
    out.add("one word of a long text",
            fmt::format("Write an introduction for visitors of the {} in {} that presents its history, the daily work "
                        "of its people, the tools they handle, the noise of the morning, the smell of {}, the prices "
                        "at the gate and the plans of its owners for the coming season.",
                        place, city, subject),
            fmt::format("Write an introduction for visitors of the {} in {} that presents its history, the daily work "
                        "of its people, the tools they handle, the noise of the morning, the smell of {}, the prices "
                        "at the gate and the plans of its owners for the coming season.",
                        place, city, subjects[(i + 1) % 10]));
    TaskPair context{"context", storage_task(i, j), storage_task(i, j), "other"};
    out.pairs.push_back(std::move(context));
  });
  return std::move(out.pairs);
}

}  // namespace plenum::tests
