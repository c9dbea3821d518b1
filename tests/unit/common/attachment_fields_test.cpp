// Attachments of a task request: text, images and PDF, recognized by their content.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/base/base64.h"
#include "common/json/json.h"
#include "common/protocol/media_type.h"
#include "common/protocol/task_request.h"

using namespace plenum;
using std::string_literals::operator""s;

namespace {

const std::string png = "\x89PNG\r\n\x1A\n\0\0\0\rIHDR"s, jpeg = "\xFF\xD8\xFF\xE0\0\x10JFIF"s, gif = "GIF89a\1\0"s,
                  webp = "RIFF\x24\0\0\0WEBPVP8 "s, pdf = "%PDF-1.7\n"s;

Json attachment(const std::string& type, const std::string& bytes) {
  return Json{{"name", "a file"}, {"media_type", type}, {"data", base64_encoded(bytes)}};
}

TaskRequest request_with(Json attachments) {
  Json body{{"task", "t"}};
  body["context"]["attachments"] = std::move(attachments);
  return parse_task_request(dump_json(body));
}

// The only error.
ValidationError only_fault(Json item) {
  const auto request = request_with(Json::array({std::move(item)}));
  REQUIRE(request.faults.size() == 1);
  return request.faults.front();
}

}  // namespace

TEST_CASE("images and PDF are accepted as base64, and survive a round trip") {
  const auto request = request_with(Json::array(
      {attachment("image/png", png), attachment("image/jpeg", jpeg), attachment("image/gif", gif),
       attachment("image/webp", webp), attachment("application/pdf", pdf), Json{{"name", "n"}, {"text", "x"}}}));
  REQUIRE(request.spec);
  const auto again = parse_task_request(task_request_body(*request.spec));
  REQUIRE(again.spec);
  CHECK(again.spec->context_json == request.spec->context_json);
}

TEST_CASE("the media type must be that of the content") {
  CHECK(only_fault(attachment("image/png", jpeg)).pointer == "/context/attachments/0/data");
  CHECK(only_fault(attachment("image/png", jpeg)).detail == "is not image/png; by its content it is image/jpeg");
  CHECK(only_fault(attachment("image/png", "plain words")).detail ==
        "is not image/png: the content has another format");
  CHECK(only_fault(attachment("image/webp", "RIFF\x24\0\0\0WAVEfmt "s)).detail.find("another format") !=
        std::string::npos);
}

TEST_CASE("another media type is rejected with the list of those that are accepted") {
  for (const char* type : {"image/svg+xml", "IMAGE/PNG", "image/png; q=1", "text/plain"}) {
    CAPTURE(type);
    const auto fault = only_fault(attachment(type, png));
    CHECK(fault.pointer == "/context/attachments/0/media_type");
    CHECK(fault.detail.find(media_type_list()) != std::string::npos);
  }
}

TEST_CASE("data that is not strict base64 is rejected at its pointer") {
  for (const char* data :
       {"iVBORw0KGgo", "iVBORw0K\nGgo=", "data:image/png;base64,iVBORw0KGgo=", "iVBORw0KGgp=", "!"}) {
    CAPTURE(data);
    const auto fault = only_fault(Json{{"name", "n"}, {"media_type", "image/png"}, {"data", data}});
    CHECK(fault.pointer == "/context/attachments/0/data");
    CHECK(fault.detail.find("base64") != std::string::npos);
  }
  CHECK(only_fault(Json{{"name", "n"}, {"media_type", "image/png"}, {"data", ""}}).detail == "is empty");
  CHECK(only_fault(Json{{"name", "n"}, {"media_type", "image/png"}, {"data", 7}}).detail ==
        "must be a string of base64");
}

TEST_CASE("an attachment has exactly the fields of a text or of a file") {
  for (const Json& item :
       {Json{{"name", "n"}}, Json{{"name", "n"}, {"data", "iVBORw0KGgo="}}, Json("text"), Json(),
        Json{{"name", "n"}, {"text", "x"}, {"media_type", "image/png"}, {"data", "iVBORw0KGgo="}},
        Json{{"name", "n"}, {"media_type", "image/png"}, {"data", "iVBORw0KGgo="}, {"detail", "high"}}}) {
    CHECK(only_fault(item).pointer == "/context/attachments/0");
  }
}

TEST_CASE("the size of one attachment and of all together is limited") {
  const auto of_size = [](std::string start, std::size_t bytes) { return start.append(bytes - start.size(), 'x'); };
  constexpr std::size_t mebibyte = 1 << 20;
  CHECK(request_with(Json::array({attachment("image/png", of_size(png, 5 * mebibyte))})).spec);
  CHECK(only_fault(attachment("image/png", of_size(png, 5 * mebibyte + 1))).detail ==
        "has more than 5 MiB, the limit for image/png");
  CHECK(request_with(Json::array({attachment("application/pdf", of_size(pdf, 10 * mebibyte))})).spec);
  const Json large = attachment("application/pdf", of_size(pdf, 7 * mebibyte));
  const auto request = request_with(Json::array({large, large, large}));
  REQUIRE(request.faults.size() == 1);
  CHECK(request.faults[0].pointer == "/context/attachments");
  CHECK(request.faults[0].detail == "have more than 20 MiB together");
}

TEST_CASE("a media type is recognized by the first bytes, and a shorter content is none") {
  for (const auto& [media_type, bytes] : {std::pair("image/png", png),
                                          {"image/jpeg", jpeg},
                                          {"image/gif", gif},
                                          {"image/webp", webp},
                                          {"application/pdf", pdf}}) {
    const std::string type = media_type;  // a structured binding cannot be captured
    CAPTURE(type);
    REQUIRE(media_type_of(bytes) != nullptr);
    CHECK(media_type_of(bytes)->name == type);
    CHECK(media_type_of(std::string_view(bytes).substr(0, 2)) == nullptr);
    CHECK(media_type_of("x" + bytes) == nullptr);
  }
  CHECK(media_type_of("") == nullptr);
  CHECK(media_type_of("RIFF") == nullptr);
}
