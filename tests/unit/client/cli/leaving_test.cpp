// Leaving a stream at every event in every way, then the printed command: both screens together hold every text.
#include <doctest/doctest.h>
#include <pthread.h>

#include <atomic>
#include <charconv>
#include <csignal>
#include <map>

#include "client/cli/commands/stream_session.h"
#include "client/cli/render/plain_view.h"
#include "tests/unit/client/client_fixtures.h"
#include "tests/unit/client/scripted_server.h"

using namespace plenum;
using namespace plenum::client;
using namespace plenum::tests;

namespace {

using Texts = std::map<std::string, std::string>;  // of members, without spaces and line ends, which a screen may add

void append_words(std::string& text, std::string_view more) {
  for (const char c : more) {
    if (c != ' ' && c != '\n') text += c;
  }
}

// Assigns what is written to standard output to the member of the last heading.
class TextsOnScreen final : public Output {
 public:
  explicit TextsOnScreen(Texts& texts) : texts_(texts) {}
  void out(std::string_view text) override {
    if (!broken_) append_words(texts_[member_], text);
  }
  void err(std::string_view text) override {
    err_text += text;
    constexpr std::string_view mark = "▸ ";
    if (text.starts_with(mark)) member_ = text.substr(mark.size(), text.find(" ·") - mark.size());
  }
  void flush() override {}
  bool broken() const override { return broken_; }
  void close() { broken_ = true; }

  std::string err_text;

 private:
  Texts& texts_;
  std::string member_;
  bool broken_ = false;
};

constexpr int member_count = 3;
constexpr int words_per_member = 6;

std::string word(int member, int number) {
  return std::string(1, static_cast<char>('a' + member)) + std::to_string(number) + (number % 3 == 2 ? "\n" : " ");
}

// A council: members that answer in turn, one of which starts again, then a chairman.
std::vector<Event> council_events() {
  std::vector<std::shared_ptr<const EventSource>> members;
  for (int i = 0; i < member_count; ++i) {
    const std::string name(1, static_cast<char>('A' + i));
    members.push_back(source_of("answer:lab/" + name, i + 1, name, "answers", "lab/" + name));
  }
  std::vector<Event> events{{TaskStarted{"task", "council", {}, ""}, nullptr}};
  for (const auto& member : members) events.push_back(started(member));
  events.push_back(token(members[1], "discarded "));
  events.push_back({ChunkReset{"overloaded", "lab/B", "lab/B", {}, {}, 0}, members[1]});
  std::vector<std::string> outputs(member_count);
  for (int number = 0; number < words_per_member; ++number) {
    for (int i = 0; i < member_count; ++i) {
      if (i == 2 && number == words_per_member - 1) continue;  // one member ends before the others
      outputs[i] += word(i, number);
      events.push_back(token(members[i], word(i, number)));
    }
    if (number == 2) events.push_back({SystemMessage{"warning", "note", "a warning", {}}, members[0]});
    if (number == 4) events.push_back(completed(members[2], outputs[2]));
  }
  events.push_back(completed(members[1], outputs[1]));
  events.push_back(completed(members[0], outputs[0]));
  const auto chairman = source_of("synthesis:lab/A", 4, "Chair", "synthesis", "lab/A");
  events.push_back(started(chairman));
  for (const char* part : {"the ", "whole ", "answer"}) events.push_back(token(chairman, part));
  events.push_back(completed(chairman, "the whole answer"));
  events.push_back(answered("the whole answer"));
  return events;
}

std::string printed(const Texts& texts) {
  std::string lines;
  for (const auto& [member, text] : texts) lines.append(member).append(": ").append(text).append("\n");
  return lines;
}

// Without what depends on where the screens are divided: the text of the discarded attempt, the answer, which is
// repeated at the end unless one screen has all of it, and the whole text of a member of which only the end was left to
// read.
Texts without_repeats(Texts texts) {
  for (const char* no_member : {"", "Answer\n"}) texts.erase(no_member);
  constexpr std::string_view discarded = "discarded";
  if (texts["B"].starts_with(discarded)) texts["B"].erase(0, discarded.size());
  for (auto& [member, text] : texts) {
    const std::string half = text.substr(0, text.size() / 2);
    if (text == half + half) text = half;
  }
  return texts;
}

enum class Way { double_interrupt, terminate, hang_up, quit, lost_server, closed_output };

// A view that exits in one way after one event.
class LeavingView final : public View {
 public:
  LeavingView(View& view, TextsOnScreen& output, Way way, std::uint64_t last)
      : view_(view), output_(output), way_(way), last_(last) {}
  void on_event(const ReceivedEvent& event, std::string_view json) override {
    view_.on_event(event, json);
    if (event.seq == last_) leave_now();
  }
  void notice(Notice level, std::string_view text) override { view_.notice(level, text); }
  void remark(Notice level, std::string_view text) override { view_.remark(level, text); }
  void leave() override { view_.leave(); }
  std::optional<std::uint64_t> shown_through() const override { return view_.shown_through(); }
  void flush() override { view_.flush(); }

 private:
  void leave_now() {
    if (way_ == Way::closed_output) output_.close();
    if (way_ == Way::terminate) std::raise(SIGTERM);
    if (way_ == Way::hang_up) std::raise(SIGHUP);
    if (way_ == Way::quit) std::raise(SIGQUIT);
    if (way_ == Way::double_interrupt) std::raise(SIGINT);
  }

  View& view_;
  TextsOnScreen& output_;
  const Way way_;
  const std::uint64_t last_;
};

std::uint64_t number_after(std::string_view text, std::string_view word) {
  const auto at = text.find(word);
  std::uint64_t number = 0;
  if (at != text.npos) std::from_chars(text.data() + at + word.size(), text.data() + text.size(), number);
  return number;
}

constexpr PlainViewOptions terminal_options{.live = true, .out_is_terminal = true};

// The texts of both screens: left after the event `last`, then the printed command.
Texts left_and_attached(const ScriptedStream& stream, Way way, std::uint64_t last) {
  std::atomic<bool> is_second{false};
  const pthread_t client = ::pthread_self();
  ScriptedServer server([&](const ScriptedRequest& request, ScriptedReply& reply, int) {
    if (request.method == "POST") {  // a cancel that is never confirmed
      ::pthread_kill(client, SIGINT);
      return reply.wait_for_close();
    }
    const bool whole = is_second;
    if (!whole && way == Way::lost_server && request.target.find("after=") != std::string::npos) return;
    reply.send(ScriptedStream::head());
    const std::uint64_t end = whole ? stream.size() : last;
    for (std::uint64_t seq = number_after(request.target, "after=") + 1; seq <= end; ++seq)
      reply.send(stream.frame(seq));
    if (!whole && way != Way::lost_server) reply.wait_for_close();
  });
  Texts texts;
  const auto follow = [&](StreamCursor start, bool exits) {
    Signals signals;
    SignalWaiter waiting(signals);
    TextsOnScreen output(texts);
    PlainView plain(output, terminal_options);
    LeavingView leaving(plain, output, way, exits ? last : 0);
    ApiClient api({.server = server.url(), .retry_for = milliseconds(0)}, waiting);
    StreamSession(api, waiting, leaving, output, {"the-id", std::move(start), true, ""}).run();
    return output.err_text;
  };
  const std::string screen = follow({}, true);
  CHECK_MESSAGE(screen.find("plenum attach the-id") != std::string::npos, screen);
  is_second = true;
  // After lost output nothing of the first screen counts: how much of it was written is not known.
  if (way == Way::closed_output) texts.clear();
  follow(StreamCursor::after(number_after(screen, " --after ")), false);
  return texts;
}

}  // namespace

TEST_CASE("left at every event in every way, both screens together hold the whole text of every member") {
  const ScriptedStream stream(council_events());
  Texts whole;
  {
    TextsOnScreen output(whole);
    PlainView view(output, terminal_options);
    for (std::uint64_t seq = 1; seq <= stream.size(); ++seq) view.on_event(*parse_event(stream.json(seq)), {});
  }
  whole = without_repeats(std::move(whole));
  REQUIRE(whole.size() == member_count + 1);
  for (const Way way :
       {Way::double_interrupt, Way::terminate, Way::hang_up, Way::quit, Way::lost_server, Way::closed_output}) {
    for (std::uint64_t last = 1; last < stream.size(); ++last) {
      CAPTURE(static_cast<int>(way));
      CAPTURE(last);
      const Texts both = without_repeats(left_and_attached(stream, way, last));
      CHECK_MESSAGE(both == whole, printed(both));
    }
  }
}
