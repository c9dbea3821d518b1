#include "server/workflow/planning/task_comparison.h"

#include <doctest/doctest.h>

#include <string_view>
#include <utility>

using plenum::workflow::may_share_answer;

namespace {

using Pair = std::pair<std::string_view, std::string_view>;

template <std::size_t count>
void check(const Pair (&pairs)[count], bool shares) {
  for (const auto& [a, b] : pairs) {
    CAPTURE(a);
    CAPTURE(b);
    CHECK(may_share_answer(a, b) == shares);
    CHECK(may_share_answer(b, a) == shares);
  }
}

}  // namespace

TEST_CASE("tasks that differ in form only may share an answer") {
  check({{"How do I sort a list in Python?", "Could you please tell me how to sort a list in python?"},
         {"How do I sort a list in Python?", "In Python, how can I sort lists?"},
         {"Explain recursion.", "Please describe recursion!"},
         {"What's the capital of France?", "what is the capital of France"},
         {"Name three uses of honey.", "Name 3 uses of honey"},
         {"Don't use any library.", "Do not use any library."},
         {"What is the fastest way to fix an error?", "What is the quickest way to repair a bug?"},
         {"Sort the list", "Sorting the lists"}},
        true);
}

TEST_CASE("numbers must be equal, in the same order") {
  check({{"What is 2 plus 3?", "What is 2 plus 4?"},
         {"What is 2 minus 3?", "What is 3 minus 2?"},
         {"Name three uses of honey.", "Name four uses of honey."},
         {"The price is $5.", "The price is $50."},
         {"What changed in version 1.2?", "What changed in version 1.3?"}},
        false);
}

TEST_CASE("negations must be equal, also in other languages") {
  check({{"Which plants are poisonous?", "Which plants are not poisonous?"},
         {"Why does it work?", "Why doesn't it work?"},
         {"A cake with sugar", "A cake without sugar"},
         {"Warum ist der Himmel blau?", "Warum ist der Himmel nicht blau?"},
         {"Peut-on nager ici ?", "On ne peut pas nager ici ?"},
         {"¿Cuando llueve?", "¿Cuando nunca llueve?"}},
        false);
}

TEST_CASE("names must be equal, in the same order") {
  check({{"What is the capital of France?", "What is the capital of Italy?"},
         {"A train from Paris to Rome", "A train from Rome to Paris"},
         {"Python: sort a list", "Java: sort a list"},
         {"How does SQL work?", "How does CSS work?"},
         {"Is plan B better?", "Is plan C better?"},
         {"Who is Ada?", "Who is Grace?"}},
        false);
}

TEST_CASE("quoted texts, code and identifiers must be equal byte by byte") {
  check({{"Translate \"good morning\".", "Translate \"good evening\"."},
         {"Translate \"hello\".", "Translate hello."},
         {"Translate “good day”.", "Translate “Good day”."},
         {"What does 'a b' mean?", "What does 'a c' mean?"},
         {"Fix `x = 1`.", "Fix `x = 2`."},
         {"Fix ```\na\n```", "Fix ```\nb\n```"},
         {"What does read_file do?", "What does read_line do?"},
         {"What does readFile do?", "What does readfile do?"},
         {"Open /etc/hosts", "Open /etc/passwd"},
         {"Explain C++", "Explain C#"},
         {"Use --fast", "Use -fast"},
         {"See https://a.example/x", "See https://a.example/y"}},
        false);
}

TEST_CASE("words of direction, degree, time and person must be equal") {
  check({{"How do I increase the speed?", "How do I decrease the speed?"},
         {"What happens before lunch?", "What happens after lunch?"},
         {"Where was he born?", "When was he born?"},
         {"Who is the president?", "Who was the president?"},
         {"What is my name?", "What is your name?"},
         {"Flights to Paris", "Flights from Paris"},
         {"List all of them", "List some of them"},
         {"advantages of trains", "disadvantages of trains"}},
        false);
}

TEST_CASE("shared words must be in the same order") {
  check({{"Convert miles to kilometers.", "Convert kilometers to miles."},
         {"Does the dog bite the man?", "Does the man bite the dog?"}},
        false);
}

TEST_CASE("where the wording is the same, one replaced or added word is a difference") {
  check({{"How do I cook white rice in a pressure cooker?", "How do I cook wild rice in a pressure cooker?"},
         {"Write a poem about the sea and the moon.", "Write a sonnet about the sea and the moon."},
         {"Sort a list of strings in Python", "Sort a linked list of strings in Python"}},
        false);
}

TEST_CASE("where the wording differs, the embedding decides") {
  check({{"How do I cook rice?", "What is the proper preparation of rice?"}}, true);
}

TEST_CASE("texts of other scripts may share an answer only if their words are equal") {
  CHECK(may_share_answer("как дела", "как дела"));
  CHECK_FALSE(may_share_answer("как дела", "где дела"));
  CHECK_FALSE(may_share_answer("東京の天気は?", "大阪の天気は?"));
}

TEST_CASE("an unclosed quotation mark is an ordinary mark") {
  CHECK(may_share_answer("a \"b", "a \"b"));
  CHECK(may_share_answer("", ""));
  CHECK_FALSE(may_share_answer("5\" pipe", "6\" pipe"));
}
