#include "client/cli/manual/manual_page.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "client/cli/args/command_app.h"
#include "client/cli/args/help_formatter.h"
#include "common/base/version.h"
#include "common/text/roff.h"

namespace plenum::client {
namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    lines.push_back(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), lines.back().size() + 1));
  }
  return lines;
}

bool is_indented(std::string_view line) { return line.starts_with("  "); }

// The texts below the options: paragraphs, and indented lines, which are examples or tables. A table or an example has
// columns or commands; other indented lines are prose.
void add_notes(RoffPage& page, std::string_view notes, bool sections) {
  std::string prose, block;
  const auto flush = [&] {
    if (!prose.empty()) page.paragraph(prose);
    if (!block.empty()) page.verbatim(block);
    prose.clear(), block.clear();
  };
  const auto lines = lines_of(notes);
  bool verbatim = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    const bool heads = i + 1 < lines.size() && !line.empty() && !is_indented(line) && is_indented(lines[i + 1]);
    if (line.empty()) {
      flush();
    } else if (heads) {
      flush();
      const std::string_view first = lines[i + 1].substr(2);
      verbatim = !sections || first.find("  ") != first.npos || line.starts_with("Example");
      sections ? page.section(line) : page.paragraph(fmt::format("{}:", line));
    } else if (is_indented(line)) {
      std::string& text = verbatim ? block : prose;
      text += fmt::format("{}{}", text.empty() ? "" : "\n", line.substr(2));
    } else {
      prose += fmt::format("{}{}", prose.empty() ? "" : "\n", line);
    }
  }
  flush();
}

void add_options(RoffPage& page, const CLI::App& app, bool positional) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->nonpositional() == positional || option->check_name("--help")) continue;
    page.item(option_term(*option, positional), option_description(*option));
  }
}

std::string usage_of(const CLI::App& command, const std::string& words) {
  std::string usage = words + " [OPTIONS]";
  for (const CLI::Option* option : command.get_options()) {
    if (option->nonpositional()) continue;
    const std::string name = option->get_name(true);
    const std::string many = option->get_items_expected_max() > 1 ? "..." : "";
    usage += option->get_required() ? fmt::format(" {}{}", name, many) : fmt::format(" [{}{}]", name, many);
  }
  return usage;
}

void add_commands(RoffPage& page, const CLI::App& parent, const std::string& words) {
  for (const CLI::App* command :
       parent.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); })) {
    const std::string name = words + " " + command->get_name();
    page.subsection(usage_of(*command, name));
    page.paragraph(command->get_description() + ".");
    add_options(page, *command, true);
    add_options(page, *command, false);
    add_notes(page, command->get_footer(), false);
    add_commands(page, *command, name);
  }
}

}  // namespace

std::string manual_page() {
  const CommandApp parser(columns_default);
  const CLI::App& app = parser.app();
  RoffPage page("plenum", 1, fmt::format("plenum {}", program_version()));
  page.section("Name");
  page.paragraph("plenum - client of plenumd, a server that runs workflows of language-model calls");
  page.section("Synopsis");
  page.verbatim("plenum run [OPTIONS] [TASK]\nplenum COMMAND [OPTIONS] [ARGUMENTS]");
  page.section("Description");
  page.paragraph(app.get_description());
  page.section("Options");
  page.paragraph("All commands accept these, before or after the command name.");
  add_options(page, app, false);
  page.section("Commands");
  add_commands(page, app, "plenum");
  add_notes(page, app.get_footer(), true);
  page.section("See also");
  page.paragraph("plenumd(8)");
  return page.text();
}

}  // namespace plenum::client
