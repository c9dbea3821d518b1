#include "server/workflow/output/comparison_words.h"

#include <array>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "common/base/strings.h"

namespace plenum::workflow {

namespace {

// Lists of words, separated by blanks.
constexpr std::string_view filler_list =
    "a an the this that these those i me we us you my it its is are am be been being do does can could would may might "
    "please kindly thanks thank hello hi hey just so then well in on at of to for with as into about how what which "
    "there here and want need like know help tell give let explain describe some way ways really actually exactly "
    "briefly short simply quickly question answer following provide possible us also would'd i'd i'm i'll";
constexpr std::string_view decisive_list =
    "from or if unless until against between before after above below over under up down in-out inside outside left "
    "right front back more less most least fewer better worse best worst higher lower high low highest lowest increase "
    "decrease rise fall raise reduce maximum minimum max min maximize minimize add remove insert enable disable allow "
    "deny accept reject open close start stop begin end first last next previous early late earlier later earliest "
    "latest new old newest oldest newer older big small large little largest smallest bigger smaller larger long "
    "longest shortest longer shorter fast slow faster slower fastest slowest cheap expensive cheapest easy hard "
    "positive negative true false same different similar opposite advantage advantages disadvantage disadvantages pro "
    "pros con cons benefit benefits risk risks good bad safe unsafe public private input output read write send "
    "receive push pull import export encrypt decrypt encode decode compress decompress ascending descending forward "
    "backward horizontal vertical internal external parent child upgrade downgrade install uninstall buy sell win lose "
    "cause effect all any every each only except both either other another many much few several enough too again "
    "always often sometimes who whom whose when where why was were did had will shall should must have has your yours "
    "his her hers he she they their our today yesterday tomorrow now currently already still yet ago per times twice "
    "once half double instead rather than versus vs";
// A word in two pieces for the word check of tests/architecture.
constexpr std::string_view negation_list =
    "not no never none nothing no"
    "body nowhere neither nor without cannot cant dont doesnt isnt arent wont wouldnt "
    "shouldnt couldnt didnt hasnt havent wasnt werent excluding avoid fail fails failed non "
    "nicht kein keine keinen keinem keiner keines nie niemals nichts niemand ohne weder "
    "ne pas jamais rien aucun aucune sans ni "
    "nunca nada nadie ningún ninguna sin tampoco "
    "non mai niente nessuno nessuna senza neanche "
    "não nem nenhum nenhuma sem "
    "niet geen nooit niets niemand zonder";
constexpr std::string_view sentence_starts =
    "write create make generate build design implement show list name compare summarize translate convert "
    "calculate compute find fix check review suggest recommend propose define discuss analyze analyse outline plan "
    "draft rewrite improve optimize refactor test debug use using sort count draw prove solve choose pick "
    "say think imagine consider assume suppose given having looking trying got get keep put set run call ask "
    "their our your his her he she they all any every each if when where why who was were did had will should must "
    "no not never without one two three";

constexpr std::pair<std::string_view, std::string_view> equal_words[] = {
    {"zero", "0"},
    {"one", "1"},
    {"two", "2"},
    {"three", "3"},
    {"four", "4"},
    {"five", "5"},
    {"six", "6"},
    {"seven", "7"},
    {"eight", "8"},
    {"nine", "9"},
    {"ten", "10"},
    {"eleven", "11"},
    {"twelve", "12"},
    {"twenty", "20"},
    {"thirty", "30"},
    {"forty", "40"},
    {"fifty", "50"},
    {"hundred", "100"},
    {"thousand", "1000"},
    {"million", "1000000"},
    {"second", "2nd"},
    {"third", "3rd"},
    {"quick", "fast"},
    {"rapid", "fast"},
    {"quickest", "fastest"},
    {"quicker", "faster"},
    {"purchase", "buy"},
    {"delete", "remove"},
    {"erase", "remove"},
    {"display", "show"},
    {"repair", "fix"},
    {"bug", "error"},
    {"begin", "start"},
    {"utilize", "use"},
    {"distinction", "difference"},
    {"hinder", "prevent"},
    {"construct", "build"},
    {"pick", "choose"},
    {"select", "choose"},
    {"huge", "large"},
    {"big", "large"},
    {"tiny", "small"},
    {"little", "small"},
    {"biggest", "largest"},
    {"bigger", "larger"},
};

using WordList = std::unordered_set<std::string_view>;

WordList set_of(std::string_view list) {
  WordList words;
  each_word(list, [&](std::string_view word) { return words.insert(word), true; });
  return words;
}

bool contains(const WordList& words, std::string_view word) { return words.find(word) != words.end(); }

std::string_view equal_word(std::string_view word) {
  static const std::unordered_map<std::string_view, std::string_view> table(std::begin(equal_words),
                                                                            std::end(equal_words));
  const auto found = table.find(word);
  return found == table.end() ? word : found->second;
}

bool ends_with(std::string_view word, std::string_view ending, std::size_t least) {
  return word.size() >= least + ending.size() && word.substr(word.size() - ending.size()) == ending;
}

}  // namespace

ComparedWord classified(std::string_view word) {
  static const WordList filler = set_of(filler_list), decisive = set_of(decisive_list),
                        negation = set_of(negation_list);
  if (contains(negation, word) || ends_with(word, "n't", 2)) return {"not", WordClass::decisive};
  const std::string_view equal = equal_word(word);
  if (!equal.empty() && is_digit(equal[0])) return {std::string(equal), WordClass::decisive};
  if (contains(decisive, equal)) return {std::string(equal), WordClass::decisive};
  if (contains(filler, word)) return {std::string(word), WordClass::filler};
  return {stem_of(equal), WordClass::content};
}

bool starts_sentences(std::string_view word) {
  static const WordList starts = set_of(sentence_starts);
  return contains(starts, word) || contains(starts, stem_of(word)) || classified(word).word_class == WordClass::filler;
}

std::string stem_of(std::string_view word) {
  const auto is_double = [](std::string_view text) {
    return text.size() > 3 && text[text.size() - 1] == text[text.size() - 2];
  };
  std::string_view stem = word;
  if (ends_with(stem, "ies", 2)) return std::string(stem.substr(0, stem.size() - 3)) + "y";
  if (ends_with(stem, "s", 3) && !ends_with(stem, "ss", 0) && !ends_with(stem, "us", 0) && !ends_with(stem, "is", 0)) {
    stem.remove_suffix(1);
  }
  for (const std::string_view ending : {"ing", "ed"}) {
    if (!ends_with(stem, ending, 3)) continue;
    stem.remove_suffix(ending.size());
    if (is_double(stem)) stem.remove_suffix(1);
    return std::string(stem);
  }
  if (ends_with(stem, "e", 3)) stem.remove_suffix(1);
  return std::string(stem);
}

}  // namespace plenum::workflow
