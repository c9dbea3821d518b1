#include "tests/support/upstream/upstream_script.h"

namespace plenum::tests {

std::string text_chunk(std::string_view delta) { return text_chunk(Vendor::openai, delta); }
std::string reasoning_chunk(std::string_view delta) { return reasoning_chunk(Vendor::openai, delta); }

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t end = text.find(' ', begin);
    end = end == std::string_view::npos ? text.size() : text.find_first_not_of(' ', end);
    end = end == std::string_view::npos ? text.size() : end;
    words.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

Script Script::stream(Framing framing, Vendor vendor) {
  Script script;
  script.vendor_ = vendor;
  script.steps_.push_back(step::Head{200, {{"Content-Type", "text/event-stream"}}, framing});
  if (std::string first = opening(vendor); !first.empty()) script.send(std::move(first));
  return script;
}

Script Script::answer(int status, std::string body, std::string content_type, Headers more) {
  more.insert(more.begin(), {"Content-Type", std::move(content_type)});
  more.emplace_back("Content-Length", std::to_string(body.size()));
  Script script;
  script.steps_.push_back(step::Head{status, std::move(more), Framing::content_length});
  script.steps_.push_back(step::Send{std::move(body)});
  return script;
}

Script Script::silence() {
  Script script;
  script.steps_.push_back(step::NeverAnswer{});
  return script;
}

Script& Script::send(std::string bytes) {
  steps_.push_back(step::Send{std::move(bytes)});
  return *this;
}

Script& Script::words(const std::vector<std::string>& words) {
  for (const std::string& word : words) send(text_chunk(vendor_, word));
  return *this;
}

Script& Script::words_apart(const std::vector<std::string>& words) {
  for (const std::string& word : words) send(text_chunk(vendor_, word)).send(reasoning_chunk(vendor_, "hm "));
  return *this;
}

Script& Script::text(std::string_view text) { return words(split_words(text)); }

Script& Script::wait_for(const Latch& gate) {
  steps_.push_back(step::WaitFor{gate});
  return *this;
}

Script& Script::pause(milliseconds length) {
  steps_.push_back(step::Pause{length});
  return *this;
}

Script& Script::finish(int prompt_tokens, int completion_tokens, std::string_view reason) {
  send(finish_chunk(vendor_, reason.empty() ? normal_finish(vendor_) : reason));
  send(usage_chunk(vendor_, prompt_tokens, completion_tokens));
  std::string end = end_marker(vendor_);
  return end.empty() ? *this : send(std::move(end));
}

Script& Script::cut(Cut how) {
  steps_.push_back(step::End{how});
  return *this;
}

Script& Script::never_end() {
  steps_.push_back(step::NeverAnswer{});
  return *this;
}

Script& Script::repeat(std::string bytes) {
  steps_.push_back(step::Repeat{std::move(bytes)});
  return *this;
}

Script& Script::close_listener_first(bool reject) {
  steps_.insert(steps_.begin(), step::CloseListener{reject});
  return *this;
}

Script& Script::cut_after(std::size_t body_bytes, Cut how) {
  cut_point_ = CutPoint{body_bytes, how};
  return *this;
}

Script whole_answer(std::string_view text) { return Script::stream().text(text).finish(); }

}  // namespace plenum::tests
