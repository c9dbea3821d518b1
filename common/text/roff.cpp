#include "common/text/roff.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/strings.h"

namespace plenum {
namespace {

std::string upper_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

// An argument of a macro: quotes inside it are doubled.
std::string macro_argument(std::string_view text) {
  std::string out;
  for (const char c : roff_escaped(text)) out += c == '"' ? "\\(dq" : std::string(1, c);
  return "\"" + out + "\"";
}

}  // namespace

std::string roff_escaped(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    line_start = c == '\n';
  }
  return out;
}

RoffPage::RoffPage(std::string_view name, int section, std::string_view source)
    : text_(fmt::format(".TH {} {} \"\" {} {}\n.nh\n.ad l\n", macro_argument(upper_case(name)), section,
                        macro_argument(source),
                        macro_argument(section == 8 ? "System Administration" : "User Commands"))) {}

void RoffPage::section(std::string_view title) { text_ += fmt::format(".SH {}\n", macro_argument(upper_case(title))); }

void RoffPage::subsection(std::string_view title) { text_ += fmt::format(".SS {}\n", macro_argument(title)); }

void RoffPage::paragraph(std::string_view text) { text_ += fmt::format(".PP\n{}\n", roff_escaped(text)); }

void RoffPage::item(std::string_view term, std::string_view description) {
  text_ += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff_escaped(term), roff_escaped(description));
}

void RoffPage::verbatim(std::string_view lines) {
  text_ += fmt::format(".PP\n.RS 2\n.nf\n{}\n.fi\n.RE\n", roff_escaped(lines));
}

}  // namespace plenum
