// Conversations in memory: which turns are there, and what they may take together.
#include "server/task/conversations.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "server/storage/memory/log.h"
#include "tests/support/manual_clock.h"

using namespace plenum;
using namespace plenum::task;

namespace {

struct ConversationFixture {
  // A task of this conversation that has been accepted and not ended.
  std::shared_ptr<stream::Stream> accepted(Conversations& conversations, const std::string& id,
                                           const std::string& question) {
    stream::StreamInfo facts;
    facts.id = StreamId::random();
    facts.spec.task = question;
    facts.spec.conversation_id = id;
    auto stream = std::make_shared<stream::Stream>(
        std::move(facts), loop, stream::StreamDependencies{"epoch1", std::make_unique<storage::MemoryLog>()},
        stream::StreamLimits{}, std::make_shared<stream::StreamTotals>());
    conversations.begin(stream);
    return stream;
  }
  void end(Conversations& conversations, stream::Stream& stream, const std::string& answer) {
    TaskCompleted completed;
    completed.result.answer = answer;
    REQUIRE(stream.push(Event{std::move(completed), nullptr}));
    loop.run_once(milliseconds(0));
    conversations.end(stream);
  }
  void turn(Conversations& conversations, const std::string& id, const std::string& question,
            const std::string& answer) {
    end(conversations, *accepted(conversations, id, question), answer);
  }

  tests::ManualClock clock;
  runtime::EventLoop loop{clock};
};

}  // namespace

TEST_CASE_FIXTURE(ConversationFixture, "turns come in the order of their questions, once they have an answer") {
  Conversations conversations;
  const auto first = accepted(conversations, "conversation", "one?");
  const auto second = accepted(conversations, "conversation", "two?");
  end(conversations, *second, "two");
  CHECK(conversations.turns("conversation") == std::vector<Turn>{{"two?", "two"}});
  end(conversations, *first, "one");
  CHECK(conversations.turns("conversation") == std::vector<Turn>{{"one?", "one"}, {"two?", "two"}});
  CHECK(conversations.turns("another").empty());
}

TEST_CASE_FIXTURE(ConversationFixture, "a task that ended without an answer is no turn") {
  Conversations conversations;
  turn(conversations, "conversation", "one?", "");
  CHECK(conversations.turns("conversation").empty());
  turn(conversations, "conversation", "two?", "two");
  CHECK(conversations.turns("conversation").size() == 1);
}

TEST_CASE_FIXTURE(ConversationFixture, "a deleted task is no turn any more, and the others stay") {
  Conversations conversations;
  const auto first = accepted(conversations, "conversation", "one?");
  end(conversations, *first, "one");
  turn(conversations, "conversation", "two?", "two");
  conversations.remove(*first);
  conversations.remove(*first);
  CHECK(conversations.turns("conversation") == std::vector<Turn>{{"two?", "two"}});
}

TEST_CASE_FIXTURE(ConversationFixture, "a task that is deleted while it runs does not become a turn at its end") {
  Conversations conversations;
  const auto running = accepted(conversations, "conversation", "one?");
  conversations.remove(*running);
  end(conversations, *running, "one");
  CHECK(conversations.turns("conversation").empty());
}

TEST_CASE_FIXTURE(ConversationFixture, "the bytes of deleted turns are free again") {
  Conversations conversations({.bytes_max = 1000, .turns_max = 2});
  turn(conversations, "another", "?", std::string(150, 'x'));
  for (int i = 0; i < 20; ++i) {
    const auto task = accepted(conversations, "conversation", "?");
    end(conversations, *task, std::string(700, 'x'));
    conversations.remove(*task);
  }
  CHECK(conversations.turns("another").size() == 1);
}

TEST_CASE_FIXTURE(ConversationFixture, "a long conversation keeps its newest turns, however many came before") {
  Conversations conversations({.bytes_max = 1000, .turns_max = 2});
  for (int i = 0; i < 100; ++i) {
    turn(conversations, "conversation", "question " + std::to_string(i), std::string(100, 'x'));
    CAPTURE(i);
    REQUIRE(conversations.turns("conversation").size() == std::min<std::size_t>(2, static_cast<std::size_t>(i) + 1));
  }
  CHECK(conversations.turns("conversation").back().question == "question 99");
}

TEST_CASE_FIXTURE(ConversationFixture, "over the limit of bytes the conversation that rested longest is dropped") {
  Conversations conversations({.bytes_max = 1000, .turns_max = 2});
  for (int round = 0; round < 20; ++round) {
    CAPTURE(round);
    const std::string name = "conversation " + std::to_string(round);
    // More turns than the limit, so that the byte count must shrink.
    for (int i = 0; i < 5; ++i) turn(conversations, name, "?", std::string(150, 'x'));
    CHECK(conversations.turns(name).size() == 2);
    if (round >= 1) CHECK(conversations.turns("conversation " + std::to_string(round - 1)).size() == 2);
    if (round >= 3) CHECK(conversations.turns("conversation " + std::to_string(round - 3)).empty());
  }
}
