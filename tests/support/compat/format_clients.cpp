#include "tests/support/compat/format_clients.h"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace plenum::tests {

namespace {

using nlohmann::json;

struct Unmet : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void demand(bool met, const std::string& what) {
  if (!met) throw Unmet(what);
}

const json& member(const json& object, const char* key) {
  demand(object.is_object() && object.contains(key), std::string("no `") + key + "` in " + object.dump());
  return object[key];
}

std::string text(const json& object, const char* key) {
  const json& value = member(object, key);
  demand(value.is_string(), std::string("`") + key + "` is no text in " + object.dump());
  return value.get<std::string>();
}

bool is_null(const json& object, const char* key) { return !object.contains(key) || object[key].is_null(); }

void number(const json& object, const char* key) {
  demand(member(object, key).is_number(), std::string("`") + key + "` is no number in " + object.dump());
}

void optional_number(const json& object, const char* key) {
  if (object.contains(key)) number(object, key);
}

// Runs the client; its first unmet demand ends it.
template <class Read>
ClientView view_of(const std::vector<ClientFrame>& frames, Read read) {
  ClientView view;
  try {
    demand(!frames.empty(), "no frame");
    for (const ClientFrame& frame : frames) demand(frame.data.is_object(), "a frame is no object");
    read(view);
  } catch (const std::exception& unmet) {
    view.fault = unmet.what();
  }
  return view;
}

// --- conclave ---

void check_model_answer(const json& answer) {
  text(answer, "name");
  text(answer, "model_id");
  number(answer, "latency_s");
  const bool ok = is_null(answer, "error");
  demand(ok ? !is_null(answer, "answer") : !text(answer, "error").empty(), "an answer without text and error");
  if (is_null(answer, "usage")) return;
  for (const char* figure : {"prompt_tokens", "completion_tokens", "total_tokens"}) {
    demand(member(answer["usage"], figure).is_number_unsigned(), "a figure of usage is no count");
  }
}

void check_council_result(const json& result) {
  text(result, "prompt");
  text(result, "mode");
  for (const json& answer : member(result, "answers")) check_model_answer(answer);
  for (const json& name : member(result, "skipped")) demand(name.is_string(), "`skipped` holds no names");
  for (const char* key : {"synthesizer", "synthesizer_model_id", "synthesis", "synthesis_error"}) {
    if (!is_null(result, key)) text(result, key);
  }
  demand(member(result, "cached").is_boolean(), "`cached` is no flag");
}

}  // namespace

ClientView conclave_client(const std::vector<ClientFrame>& frames) {
  return view_of(frames, [&](ClientView& view) {
    std::set<std::string> ended;
    for (const ClientFrame& frame : frames) {
      const json& event = frame.data;
      const std::string type = text(event, "type");
      demand(view.end != "done", "an event after done");
      view.end = type;
      demand(type == frame.name, "the name of the frame is not its type");
      for (const char* key : {"name", "model_id", "text", "answer", "result"}) member(event, key);
      if (type == "done") {
        check_council_result(event["result"]);
        continue;
      }
      const bool member_event = type.starts_with("member_");
      demand(member_event || type.starts_with("synthesis_"), "unknown type " + type);
      // Headers and texts of members hang on the name alone, the synthesis has one header.
      const std::string key = member_event ? text(event, "name") : "SYNTHESIS " + text(event, "name");
      text(event, "model_id");
      demand(ended.count(key) == 0 || !member_event, "an event of " + key + " after its end");
      if (type.ends_with("_delta")) {
        view.texts[key] += text(event, "text");
        continue;
      }
      const json& answer = event["answer"];
      check_model_answer(answer);
      demand(answer["name"] == event["name"], "the answer has another name");
      if (is_null(answer, "error")) {
        demand(answer["answer"] == view.texts[key], "the deltas of " + key + " are not its answer");
      } else {
        view.errors.push_back(text(answer, "error"));
      }
      ended.insert(key);
      if (!member_event) view.texts[key] = answer["answer"].is_string() ? text(answer, "answer") : "";
    }
    demand(view.end == "done", "the last event is " + view.end);
    std::set<std::string> names;
    for (const json& answer : frames.back().data["result"]["answers"]) {
      demand(names.insert(text(answer, "name")).second, "two answers of " + text(answer, "name"));
    }
  });
}

ClientView llm_sse_client(const std::vector<ClientFrame>& frames) {
  return view_of(frames, [&](ClientView& view) {
    for (const ClientFrame& frame : frames) {
      demand(frame.name.empty(), "a named frame");
      demand(view.end != "Completed" && view.end != "error", "a frame after the end");
      text(frame.data, "message_id");
      view.end = text(frame.data, "status");
      if (view.end.starts_with("Combining via LLM ")) view.texts["answer"].clear();
      if (view.end == "Streaming") view.texts["answer"] += text(frame.data, "message");
      if (view.end == "error") view.errors.push_back(text(frame.data, "message"));
      demand(frame.data.value("final", false) == (view.end == "Completed"), "`final` is not at the end");
      for (const char* key : {"conversation_id", "source", "message"}) {
        if (frame.data.contains(key)) demand(!text(frame.data, key).empty(), "an empty optional field");
      }
    }
    demand(view.end == "Completed" || view.end == "error", "the last status is " + view.end);
  });
}

ClientView facilitair_client(const std::vector<ClientFrame>& frames) {
  return view_of(frames, [&](ClientView& view) {
    std::string agent;  // whose header was printed last; empty: none is open
    int plans = 0, headers = 0;
    for (const ClientFrame& frame : frames) {
      const json& data = frame.data;
      demand(view.end != "task_completed" && view.end != "task_error", "a frame after the end");
      view.end = frame.name;
      if (frame.name != "token_stream") text(data, "timestamp");
      if (frame.name == "task_started") {
        demand(!text(data, "stream_id").empty() && data.contains("task"), "task_started without id or task");
      } else if (frame.name == "task_progress") {
        demand(++plans == 1, "the plan is printed again");
        demand(member(data, "total_chunks").is_number_integer(), "`total_chunks` is no count");
        optional_number(data, "estimated_time");
        optional_number(data, "estimated_cost");
      } else if (frame.name == "chunk_started") {
        demand(agent.empty(), "a header below another one");
        agent = text(data, "agent");
        demand(!text(data, "stage").empty(), "no stage");
        demand(data["chunk_number"] == ++headers, "the number is not that of the header");
        view.texts[agent + " " + std::to_string(headers)];
      } else if (frame.name == "token_stream") {
        demand(!agent.empty() && agent == data.value("agent", agent), "tokens below the header of another agent");
        view.texts[agent + " " + std::to_string(headers)] += text(data, "tokens");
      } else if (frame.name == "chunk_completed") {
        demand(data["chunk_number"] == headers && text(data, "agent") == agent, "another chunk ends");
        agent.clear();
      } else if (frame.name == "task_completed") {
        view.texts["answer"] = text(data, "result");
        if (data.contains("metrics")) demand(data["metrics"].is_object(), "`metrics` is no object");
      } else if (frame.name == "task_error") {
        view.errors.push_back(text(data, "error"));
      } else {
        demand(frame.name == "system_message", "unknown event " + frame.name);
        text(data, "message");
      }
    }
    demand(view.end == "task_completed" || view.end == "task_error", "the client waits for ever after " + view.end);
  });
}

namespace {

// The reducer of LLM Council and the components that compute with its state.
class CouncilPage {
 public:
  CouncilPage(ClientView& view, bool rounds) : view_(view), rounds_(rounds) {}

  void add(const ClientFrame& frame) {
    demand(frame.name.empty(), "a named frame");
    const std::string type = text(frame.data, "type");
    demand(view_.end != "complete" && view_.end != "error", "a frame after the end");
    view_.end = type;
    const json& payload = frame.data;
    if (type == "web_search_start" || type == "complete") return;
    if (type == "error") return void(text(payload, "message"));
    if (type == "web_search_complete") return void(member(member(payload, "data"), "found"));
    if (type == "title_complete") return void(text(member(payload, "data"), "title"));
    if (type == "metrics_complete") return metrics(member(payload, "data"));
    if (!(rounds_ ? add_round(type, payload) : add_stage(type, payload))) {
      throw Unmet("a word of another version: " + type);
    }
  }

  void finish() const {
    demand(view_.end == "complete" || view_.end == "error", "the last frame is " + view_.end);
    demand(loading_.empty(), "loading for ever: " + (loading_.empty() ? std::string() : *loading_.begin()));
  }

 private:
  bool add_stage(const std::string& type, const json& payload) {
    if (type == "stage1_start") return start("answers", member(payload, "data"));
    if (type == "stage1_token") return token(member(payload, "data"));
    if (type == "stage1_model_response") return response(payload);
    if (type == "stage1_progress") return progress(member(payload, "data"));
    if (type == "stage1_model_error") return error(member(payload, "data"));
    if (type == "stage1_complete") return complete_answers(member(payload, "data"));
    if (type == "stage2_start") return begin("rankings");
    if (type == "stage2_complete") return complete_rankings(member(payload, "data"), payload);
    if (type == "stage3_start") return begin("synthesis");
    if (type == "stage3_complete") return synthesis(member(payload, "data"));
    return false;
  }
  bool add_round(const std::string& type, const json& payload) {
    const json& data = payload.contains("data") ? payload["data"] : payload;
    if (type == "round_start") {
      if (text(data, "round_type") == "responses") return start("answers", data);
      demand(data["round_type"] == "rankings", "unknown round");
      return begin("rankings");
    }
    if (type == "model_token") return token(data);
    if (type == "model_response") return response(payload);
    if (type == "round_progress") return progress(data);
    if (type == "model_error") return error(data);
    if (type == "round_complete") {
      const json& responses = member(data, "responses");
      return text(data, "round_type") == "responses" ? complete_answers(responses) : complete_rankings(responses, data);
    }
    if (type == "synthesis_start") return begin("synthesis");
    if (type == "synthesis_complete") return synthesis(data);
    return false;
  }

  bool begin(const std::string& what) {
    demand(loading_.insert(what).second, what + " begins twice");
    return true;
  }
  bool end(const std::string& what) {
    demand(loading_.erase(what) == 1, what + " ends without a beginning");
    return true;
  }
  bool start(const std::string& what, const json& data) {
    std::set<std::string> names;  // keys of a list in the page
    for (const json& model : member(data, "models")) {
      demand(model.is_string() && names.insert(model).second, "a model is listed twice");
    }
    return begin(what);
  }
  bool token(const json& data) {
    demand(loading_.count("answers") == 1, "a token outside of the first stage");
    tokens_[text(data, "model")] += text(data, "token");
    return true;
  }
  bool response(const json& payload) {
    const json& data = member(payload, "data");
    const std::string model = text(data, "model");
    demand(member(payload, "index").is_number_integer() && member(payload, "total").is_number_integer(), "no index");
    text(data, "response");
    no_nulls(member(data, "metrics"));
    demand(responses_.insert(model).second, "two responses of " + model);
    tokens_.erase(model);
    return true;
  }
  bool progress(const json& data) {
    for (const char* list : {"completed_models", "pending_models"}) demand(member(data, list).is_array(), "no list");
    demand(member(data, "completed") <= member(data, "total"), "more completed than there are");
    optional_number(data, "fastest_latency_ms");
    return true;
  }
  bool error(const json& data) {
    static const std::set<std::string> categories = {"auth",      "billing", "rate_limit",
                                                     "transient", "timeout", "unknown"};
    const std::string category = text(data, "category");
    demand(categories.count(category) == 1, "the page shows no error of the category " + category);
    text(data, "message");
    view_.errors.push_back(category + ": " + text(data, "model"));
    return true;
  }
  bool complete_answers(const json& answers) {
    std::set<std::string> names;
    for (const json& answer : answers) {
      view_.texts[text(answer, "model")] = text(answer, "response");
      demand(names.insert(text(answer, "model")).second, "two tabs of one name");
      no_nulls(member(answer, "metrics"));
    }
    return end("answers");
  }
  bool complete_rankings(const json& rankings, const json& around) {
    for (const json& ranking : rankings) {
      text(ranking, "model");
      text(ranking, "ranking");
      no_nulls(member(ranking, "metrics"));
    }
    const json& metadata = member(around, "metadata");
    for (const json& model : member(metadata, "label_to_model")) demand(model.is_string(), "a label without a model");
    for (const json& row : member(metadata, "aggregate_rankings")) {
      text(row, "model");
      number(row, "average_rank");
      number(row, "rankings_count");
    }
    if (around.contains("errors")) {
      for (const json& one : around["errors"]) error(one);
    }
    return end("rankings");
  }
  bool synthesis(const json& data) {
    if (data.contains("model")) text(data, "model");
    view_.texts["synthesis"] = text(data, "response");
    return end("synthesis");
  }
  // Every figure is formatted with toFixed(): a null throws, and nothing catches it.
  static void metrics(const json& data) {
    for (const char* figure : {"total_cost", "total_tokens", "total_latency_ms"}) number(data, figure);
    no_nulls(data);
  }
  static void no_nulls(const json& value) {
    demand(!value.is_null(), "a null where the page computes");
    if (value.is_structured()) {
      for (const json& part : value) no_nulls(part);
    }
  }

  ClientView& view_;
  const bool rounds_;
  std::set<std::string> loading_, responses_;
  std::map<std::string, std::string> tokens_;
};

}  // namespace

ClientView council_client(const std::vector<ClientFrame>& frames, bool rounds) {
  return view_of(frames, [&](ClientView& view) {
    CouncilPage page(view, rounds);
    for (const ClientFrame& frame : frames) page.add(frame);
    page.finish();
  });
}

ClientView client_of(std::string_view format, const std::vector<ClientFrame>& frames) {
  if (format == "conclave") return conclave_client(frames);
  if (format == "process") return llm_sse_client(frames);
  if (format == "facilitair") return facilitair_client(frames);
  return council_client(frames, format == "council-2026");
}

}  // namespace plenum::tests
