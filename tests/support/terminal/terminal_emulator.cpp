#include "tests/support/terminal/terminal_emulator.h"

#include <vterm.h>

#include <algorithm>

#include "common/text/utf8_writer.h"

namespace plenum::tests {
namespace {

std::string without_spaces_at_end(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

void append_cell(const VTermScreenCell& cell, std::string& line) {
  constexpr auto second_half = static_cast<std::uint32_t>(-1);  // of a wide character
  if (cell.chars[0] == second_half) return;
  if (cell.chars[0] == 0) {
    line += ' ';
    return;
  }
  for (const std::uint32_t character : cell.chars) {
    if (character == 0) break;
    append_utf8(character, line);
  }
}

}  // namespace

struct TerminalEmulator::Parts {
  VTerm* terminal = nullptr;
  VTermScreen* screen = nullptr;
  VTermScreenCallbacks callbacks{};
  VTermParserCallbacks fallbacks{};
  std::vector<std::string> scrollback;
  TerminalState state;

  static Parts& of(void* user) { return *static_cast<Parts*>(user); }

  static int on_property(VTermProp property, VTermValue* value, void* user) {
    TerminalState& state = of(user).state;
    if (property == VTERM_PROP_TITLE || property == VTERM_PROP_ICONNAME) state.title = value->string;
    if (property == VTERM_PROP_CURSORVISIBLE) state.cursor_visible = value->boolean != 0;
    if (property == VTERM_PROP_ALTSCREEN) state.alternate_screen = value->boolean != 0;
    if (property == VTERM_PROP_MOUSE) state.mouse = value->number != VTERM_PROP_MOUSE_NONE;
    return 1;
  }
  static int on_scrolled_line(int count, const VTermScreenCell* cells, void* user) {
    std::string line;
    for (int i = 0; i < count; ++i) append_cell(cells[i], line);
    of(user).scrollback.push_back(without_spaces_at_end(line));
    return 1;
  }
  static int on_unknown_osc(const char* command, std::size_t size, void* user) {
    of(user).state.unknown.push_back("OSC " + std::string(command, size));
    return 1;
  }
  static int on_unknown_dcs(const char* command, std::size_t size, void* user) {
    of(user).state.unknown.push_back("DCS " + std::string(command, size));
    return 1;
  }
};

TerminalEmulator::TerminalEmulator(std::size_t columns, std::size_t rows) : parts_(std::make_unique<Parts>()) {
  Parts& parts = *parts_;
  parts.terminal = vterm_new(static_cast<int>(rows), static_cast<int>(columns));
  vterm_set_utf8(parts.terminal, 1);
  parts.screen = vterm_obtain_screen(parts.terminal);
  parts.callbacks.settermprop = Parts::on_property;
  parts.callbacks.sb_pushline = Parts::on_scrolled_line;
  parts.fallbacks.osc = Parts::on_unknown_osc;
  parts.fallbacks.dcs = Parts::on_unknown_dcs;
  vterm_screen_set_callbacks(parts.screen, &parts.callbacks, &parts);
  vterm_screen_set_unrecognised_fallbacks(parts.screen, &parts.fallbacks, &parts);
  vterm_screen_enable_altscreen(parts.screen, 1);
  vterm_screen_reset(parts.screen, 1);
}

TerminalEmulator::~TerminalEmulator() { vterm_free(parts_->terminal); }

void TerminalEmulator::write(std::string_view bytes) {
  std::string cooked;
  for (const char byte : bytes) {
    if (byte == '\n') cooked += '\r';
    cooked += byte;
  }
  vterm_input_write(parts_->terminal, cooked.data(), cooked.size());
  vterm_screen_flush_damage(parts_->screen);
}

void TerminalEmulator::resize(std::size_t columns, std::size_t rows) {
  vterm_set_size(parts_->terminal, static_cast<int>(rows), static_cast<int>(columns));
}

std::vector<std::string> TerminalEmulator::screen() const {
  int rows = 0, columns = 0;
  vterm_get_size(parts_->terminal, &rows, &columns);
  std::vector<std::string> lines;
  for (int row = 0; row < rows; ++row) {
    std::string line;
    for (int column = 0; column < columns; ++column) {
      VTermScreenCell cell{};
      vterm_screen_get_cell(parts_->screen, {row, column}, &cell);
      append_cell(cell, line);
    }
    lines.push_back(without_spaces_at_end(std::move(line)));
  }
  return lines;
}

std::string TerminalEmulator::text() const {
  std::vector<std::string> lines = parts_->scrollback;
  for (std::string& line : screen()) lines.push_back(std::move(line));
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TerminalState TerminalEmulator::state() const {
  TerminalState state = parts_->state;
  VTermState* pen = vterm_obtain_state(parts_->terminal);
  for (const VTermAttr attribute :
       {VTERM_ATTR_BOLD, VTERM_ATTR_UNDERLINE, VTERM_ATTR_ITALIC, VTERM_ATTR_REVERSE, VTERM_ATTR_STRIKE}) {
    VTermValue value{};
    vterm_state_get_penattr(pen, attribute, &value);
    if (value.number != 0) state.default_pen = false;
  }
  VTermValue foreground{}, background{};
  vterm_state_get_penattr(pen, VTERM_ATTR_FOREGROUND, &foreground);
  vterm_state_get_penattr(pen, VTERM_ATTR_BACKGROUND, &background);
  if (!VTERM_COLOR_IS_DEFAULT_FG(&foreground.color) || !VTERM_COLOR_IS_DEFAULT_BG(&background.color)) {
    state.default_pen = false;
  }
  return state;
}

std::size_t TerminalEmulator::cursor_row() const {
  VTermPos position{};
  vterm_state_get_cursorpos(vterm_obtain_state(parts_->terminal), &position);
  return static_cast<std::size_t>(position.row);
}

std::size_t TerminalEmulator::cursor_column() const {
  VTermPos position{};
  vterm_state_get_cursorpos(vterm_obtain_state(parts_->terminal), &position);
  return static_cast<std::size_t>(position.col);
}

}  // namespace plenum::tests
