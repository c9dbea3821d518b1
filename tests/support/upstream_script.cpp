#include "tests/support/upstream_script.h"

#include "common/json_writer.h"

namespace plenum::tests {

namespace {

constexpr std::string_view chunk_head =
    R"({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"scripted",)";

std::string delta_chunk(std::string_view field, std::string_view delta) {
  std::string json(chunk_head);
  json += R"("choices":[{"index":0,"delta":{")" + std::string(field) + "\":";
  append_json_string(json, delta);
  json += R"(},"finish_reason":null}],"usage":null})";
  return data_line(json);
}

}  // namespace

std::string data_line(std::string_view json) { return "data: " + std::string(json) + "\n\n"; }

std::string text_chunk(std::string_view delta) { return delta_chunk("content", delta); }
std::string reasoning_chunk(std::string_view delta) { return delta_chunk("reasoning_content", delta); }

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

Script Script::stream(Framing framing) {
  Script script;
  script.steps_.push_back(step::Head{200, {{"Content-Type", "text/event-stream"}}, framing});
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
  for (const std::string& word : words) send(text_chunk(word));
  return *this;
}

Script& Script::words_apart(const std::vector<std::string>& words) {
  for (const std::string& word : words) send(text_chunk(word)).send(reasoning_chunk("hm "));
  return *this;
}

Script& Script::text(std::string_view text) { return words(split_words(text)); }

Script& Script::wait_for(const Gate& gate) {
  steps_.push_back(step::WaitFor{gate});
  return *this;
}

Script& Script::pause(milliseconds length) {
  steps_.push_back(step::Pause{length});
  return *this;
}

Script& Script::finish(int prompt_tokens, int completion_tokens, std::string_view reason) {
  std::string json(chunk_head);
  json += R"("choices":[{"index":0,"delta":{},"finish_reason":)";
  append_json_string(json, reason);
  json += R"(}],"usage":null})";
  send(data_line(json));

  json.assign(chunk_head);
  json += R"("choices":[],"usage":{"prompt_tokens":)" + std::to_string(prompt_tokens) + R"(,"completion_tokens":)" +
          std::to_string(completion_tokens) + R"(,"total_tokens":)" +
          std::to_string(prompt_tokens + completion_tokens) + "}}";
  send(data_line(json));
  return send(data_line("[DONE]"));
}

Script& Script::cut(Cut how) {
  steps_.push_back(step::End{how});
  return *this;
}

Script& Script::cut_after(std::size_t body_bytes, Cut how) {
  cut_point_ = CutPoint{body_bytes, how};
  return *this;
}

Script whole_answer(std::string_view text) { return Script::stream().text(text).finish(); }

}  // namespace plenum::tests
