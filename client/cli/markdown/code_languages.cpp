#include "client/cli/markdown/code_languages.h"

#include <algorithm>
#include <iterator>

#include "common/base/strings.h"

namespace plenum::client {
namespace {

constexpr CodeLanguage code_languages[] = {
    {.names = "c cpp c++ cc cxx h hpp cuda",
     .keywords = "alignas auto bool break case catch char class co_await co_return co_yield concept const consteval "
                 "constexpr continue decltype default delete do double else enum explicit extern false final float for "
                 "friend goto if inline int long mutable namespace new noexcept nullptr operator override private "
                 "protected public requires return short signed sizeof static struct switch template this throw true "
                 "try typedef typename union unsigned using virtual void volatile while",
     .line_comment = "//",
     .comment_begin = "/*",
     .comment_end = "*/",
     .quotes = "\"'"},
    {.names = "python py python3",
     .keywords = "False None True and as assert async await break class continue def del elif else except finally for "
                 "from global if import in is lambda match nonlocal not or pass raise return self try while with yield",
     .line_comment = "#",
     .quotes = "\"'",
     .long_quotes = "\"\"\" '''"},
    {.names = "javascript js jsx mjs typescript ts tsx",
     .keywords =
         "abstract any as async await boolean break case catch class const continue default delete do else enum "
         "export extends false finally for from function if implements import in instanceof interface let new "
         "null number of private protected public readonly return static string super switch this throw true "
         "try type typeof undefined unknown var void while yield",
     .line_comment = "//",
     .comment_begin = "/*",
     .comment_end = "*/",
     .quotes = "\"'",
     .long_quotes = "`"},
    {.names = "java kotlin kt scala",
     .keywords = "abstract boolean break byte case catch char class continue def default do double else enum extends "
                 "false final finally float for fun if implements import in instanceof int interface is long new null "
                 "object override package private protected public record return short static super switch this throw "
                 "throws trait true try val var void when while",
     .line_comment = "//",
     .comment_begin = "/*",
     .comment_end = "*/",
     .quotes = "\"'",
     .long_quotes = "\"\"\""},
    {.names = "csharp cs c#",
     .keywords =
         "abstract as async await base bool break byte case catch class const continue decimal default delegate "
         "do double else enum event false finally float for foreach get if in int interface internal is lock "
         "long namespace new null object out override private protected public readonly record ref return "
         "sealed set static string struct switch this throw true try using var virtual void while yield",
     .line_comment = "//",
     .comment_begin = "/*",
     .comment_end = "*/",
     .quotes = "\"'"},
    {.names = "go golang",
     .keywords = "any bool break byte case chan const continue default defer else error fallthrough false float64 for "
                 "func go goto if import int int64 interface map nil package range return rune select string struct "
                 "switch true type uint64 var",
     .line_comment = "//",
     .comment_begin = "/*",
     .comment_end = "*/",
     .quotes = "\"'",
     .long_quotes = "`"},
    {.names = "rust rs",
     .keywords = "Self as async await bool break const continue crate dyn else enum extern f64 false fn for i32 i64 if "
                 "impl in let loop match mod move mut pub ref return self static str struct super trait true type u32 "
                 "u64 u8 unsafe use usize where while",
     .line_comment = "//",
     .comment_begin = "/*",
     .comment_end = "*/",
     .quotes = "\""},  // not ', which also begins a lifetime
    {.names = "ruby rb",
     .keywords = "alias and begin break case class def do else elsif end ensure false for if in module next nil not or "
                 "private raise require rescue return self super then true unless until when while yield",
     .line_comment = "#",
     .quotes = "\"'"},
    {.names = "php swift",
     .keywords = "abstract array as break case catch class const continue default do echo else elseif enum extends "
                 "false final finally fn for foreach func function guard if implements import in init interface let "
                 "namespace new nil null private protected protocol public return self static struct switch this throw "
                 "true try use var while",
     .line_comment = "//",
     .comment_begin = "/*",
     .comment_end = "*/",
     .quotes = "\"'"},
    {.names = "bash sh shell zsh console dockerfile makefile make",
     .keywords = "case cd do done echo elif else esac exit export false fi for function if in local return select set "
                 "shift source then true until while FROM RUN COPY CMD ENTRYPOINT ENV WORKDIR EXPOSE ARG",
     .line_comment = "#",
     .quotes = "\"'"},
    {.names = "sql postgresql mysql sqlite",
     .keywords =
         "add all alter and as asc begin between by case check commit constraint create cross default delete desc "
         "distinct drop else end exists foreign from group having if in index inner insert into is join key left "
         "like limit not null on or order outer primary references returning right select set table then union "
         "unique update using values view when where with",
     .line_comment = "--",
     .comment_begin = "/*",
     .comment_end = "*/",
     .quotes = "\"'",
     .ignore_case = true},
    {.names = "json jsonc json5", .keywords = "false null true", .line_comment = "//", .quotes = "\""},
    {.names = "yaml yml toml ini conf",
     .keywords = "false no null off on true yes",
     .line_comment = "#",
     .quotes = "\"'",
     .long_quotes = "\"\"\"",
     .ignore_case = true},
    {.names = "html xml svg vue", .comment_begin = "<!--", .comment_end = "-->", .quotes = "\""},
    {.names = "css scss less", .comment_begin = "/*", .comment_end = "*/", .quotes = "\"'"},
    {.names = "lua",
     .keywords = "and break do else elseif end false for function if in local nil not or repeat return then true until "
                 "while",
     .line_comment = "--",
     .quotes = "\"'"},
};

}  // namespace

const CodeLanguage* code_language(std::string_view info) {
  const std::string name = lower_case(info.substr(0, info.find_first_of(" \t,{")));
  const auto* row = std::find_if(std::begin(code_languages), std::end(code_languages),
                                 [&](const CodeLanguage& language) { return is_listed(language.names, name); });
  return row == std::end(code_languages) ? nullptr : row;
}

bool is_listed(std::string_view list, std::string_view word) {
  if (word.empty()) return false;
  for (std::size_t at = list.find(word); at != list.npos; at = list.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || list[at - 1] == ' ') && (end == list.size() || list[end] == ' ')) return true;
  }
  return false;
}

}  // namespace plenum::client
