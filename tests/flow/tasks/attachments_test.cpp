// Images and PDF from the request to the provider, and everywhere else only by name, size and hash.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/protocol/api_paths.h"
#include "tests/flow/world.h"
#include "tests/support/process/temp_dir.h"

namespace plenum::tests {

namespace {

constexpr std::string_view data = "iVBORw0KGgpwaWN0dXJl";
constexpr std::string_view picture =
    R"("context":{"attachments":[{"name":"p.png","media_type":"image/png","data":"iVBORw0KGgpwaWN0dXJl"}]})";
// The request's parts: the picture, then the text.
Json parts_of(const UpstreamRequest& request) {
  return parse_json(request.body).value().at("messages").back().at("content");
}

std::size_t requests_with_data(const ScriptedUpstream& upstream) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < upstream.request_count(); ++i) {
    count += upstream.request(i).body.find(data) != std::string::npos ? 1 : 0;
  }
  return count;
}

Script no_images() {
  return Script::answer(400, R"({"error":{"message":"This model does not support image input.","code":"x"}})");
}

}  // namespace

TEST_CASE("an image reaches the model, and no event, status, snapshot or export contains its data") {
  World world;
  world.upstream.always(whole_answer("A picture."));
  const std::string id = world.submit("single", "What is it?", picture);
  const auto frames = world.whole_stream(id);
  const Json parts = parts_of(world.upstream.request(0));
  CHECK(parts[0]["image_url"]["url"] == "data:image/png;base64," + std::string(data));
  CHECK(parts[1]["text"].get<std::string>().find("What is it?") != std::string::npos);
  CHECK(frames.back().json()["result"]["degraded"] == false);
  std::string everything = numbered_bytes(frames);
  for (const auto path : {api::status, api::result, api::snapshot, api::exported}) {
    everything += world.get(api::with_id(path, id)).body;
  }
  const auto exported = world.get(api::with_id(api::exported, id) + "?format=json");
  everything += exported.body;
  CHECK(everything.find(data) == std::string::npos);
  const Json attachment = exported.json()["spec"]["context"]["attachments"][0];
  CHECK(attachment["name"] == "p.png");
  CHECK(attachment["bytes"] == 15);
  CHECK(attachment["sha256"].get<std::string>().size() == 64);
  CHECK(everything.find("### Attachment: p.png\n\nimage/png, 15 bytes, SHA-256 ") != std::string::npos);
}

TEST_CASE("a request with an invalid attachment is rejected with a pointer to it") {
  World world;
  const auto reply = world.post(
      api::task,
      task_body("single", "t",
                R"("context":{"attachments":[{"name":"a","media_type":"image/jpeg","data":"iVBORw0KGgo="}]})"));
  CHECK(reply.status == 422);
  CHECK(reply.json()["errors"][0]["pointer"] == "/context/attachments/0/data");
  CHECK(reply.body.find("by its content it is image/png") != std::string::npos);
}

TEST_CASE("a model that rejects images is called again without, later calls omit them, and the results are degraded") {
  World world;
  world.upstream.on({.body_has = "image_url"}, no_images());
  world.upstream.always(whole_answer("No picture."));
  for (int task = 0; task < 2; ++task) {
    const auto frames = world.whole_stream(world.submit("single", "What is it?", picture));
    const Json result = frames.back().json()["result"];
    CHECK(result["answer"] == "No picture.");
    CHECK(result["degraded"] == true);
    CHECK(result["reasons"][0].get<std::string>().find("does not accept p.png") != std::string::npos);
    CHECK(events_named(frames, "chunk_completed")[0]["omitted_attachments"] == Json::array({"p.png"}));
  }
  CHECK(world.upstream.request_count() == 3);
  CHECK(requests_with_data(world.upstream) == 1);
  CHECK(world.upstream.request(1).body.find("is not included, because you do not accept this type") !=
        std::string::npos);
}

TEST_CASE("an error about images is a rejection whatever its status, and one about another subject is not") {
  for (const int status : {404, 422, 500}) {
    CAPTURE(status);
    World world;
    world.upstream.on({.body_has = "image_url"},
                      Script::answer(status, R"({"error":{"message":"No endpoints found that support image input"}})"));
    world.upstream.always(whole_answer("No picture."));
    const Json last = world.whole_stream(world.submit("single", "What is it?", picture)).back().json();
    CHECK(last["type"] == "task_completed");
    CHECK(last["result"]["degraded"] == true);
    CHECK(world.upstream.request_count() == 2);
  }
  World world;
  world.upstream.always(Script::answer(400, R"({"error":{"message":"the prompt is too long"}})"));
  const Json last = world.whole_stream(world.submit("single", "What is it?", picture)).back().json();
  CHECK(last["type"] == "task_error");
  CHECK(world.upstream.request_count() == 1);
}

TEST_CASE("an image that is damaged is omitted from its call only") {
  World world;
  world.upstream.on({.body_has = "image_url", .times = 1},
                    Script::answer(400, R"({"error":{"message":"Could not process image"}})"));
  world.upstream.always(whole_answer("Words."));
  CHECK(world.whole_stream(world.submit("single", "One?", picture)).back().json()["result"]["degraded"] == true);
  CHECK(world.whole_stream(world.submit("single", "Two?", picture)).back().json()["result"]["degraded"] == false);
  CHECK(requests_with_data(world.upstream) == 2);
}

TEST_CASE("attachments = [] in a provider's table sends none of its models any") {
  ScriptedUpstream upstream;
  upstream.always(whole_answer("Words."));
  ServerProcess server({.tables = provider_table("words", upstream.base_url(), "attachments = []\n")});
  const auto reply =
      post(server.port(), api::task, task_body("single", "t", R"("members":["words/m"],)" + std::string(picture)));
  REQUIRE(reply.status == 202);
  SseReader reader(server.port(), api::with_id(api::events, reply.json()["stream_id"].get<std::string>()));
  REQUIRE(reader.read_all(seconds(20)) == StreamEnd::finished);
  CHECK(requests_with_data(upstream) == 0);
  CHECK(reader.frames().back().json()["result"]["degraded"] == true);
}

TEST_CASE("after a restart and in a retry the image is sent again") {
  const TempDir dir;
  World world(
      Settings{{"store", "\"sqlite:" + (dir.path() / "plenum.db").string() + "\""}, {"shutdown_grace_ms", "0"}});
  world.upstream.next(Script::stream().words({"half "}).never_end());
  world.upstream.always(whole_answer("A picture."));
  const std::string id = world.submit("single", "What is it?", picture);
  {
    SseReader reader = world.events(id);
    REQUIRE(read_text(reader, "half "));
  }
  world.server.kill_at_once();
  world.server.start_again();
  CHECK(world.whole_stream(id).back().json()["result"]["answer"] == "A picture.");
  CHECK(requests_with_data(world.upstream) == 2);
  const auto retried = world.post(api::with_id(api::retry, id), R"({"from":"all"})");
  if (retried.status == 202) {
    (void)world.whole_stream(retried.json()["stream_id"].get<std::string>());
    CHECK(requests_with_data(world.upstream) == 3);
  } else {
    FAIL_CHECK(retried.body);
  }
}

TEST_CASE("a task with an image is a turn of a conversation, and another image is another task for the cache") {
  World world(Settings{{"cache_bytes_max", "1000000"}});
  world.upstream.always(whole_answer("A picture."));
  const std::string fields = R"("conversation_id":"talk",)" + std::string(picture);
  (void)world.whole_stream(world.submit("single", "What is it?", fields));
  (void)world.whole_stream(world.submit("single", "Which color?", R"("conversation_id":"talk")"));
  CHECK(world.upstream.request(1).body.find("What is it?") != std::string::npos);
  CHECK(requests_with_data(world.upstream) == 1);
  const std::size_t before = world.upstream.request_count();
  const auto submit = [&](std::string_view bytes) {
    const std::string context =
        R"("context":{"attachments":[{"name":"p.png","media_type":"image/png","data":")" + std::string(bytes) + "\"}]}";
    (void)world.whole_stream(world.submit("single", "Same words", context));
  };
  submit("iVBORw0KGgoxMQ==");
  submit("iVBORw0KGgoxMQ==");
  CHECK(world.upstream.request_count() == before + 1);
  submit("iVBORw0KGgoyMg==");
  CHECK(world.upstream.request_count() == before + 2);
}

}  // namespace plenum::tests
