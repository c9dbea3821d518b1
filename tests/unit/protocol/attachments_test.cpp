// Images and PDF in each protocol, and what replaces those that a model does not accept.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/json/json.h"
#include "server/provider/protocol/errors/error_classifier.h"
#include "server/provider/protocol/errors/rejected_parameters.h"
#include "tests/unit/protocol/decoded.h"

using namespace plenum;
using namespace plenum::protocol;
using core::ParameterForm;
using core::ParameterForms;

namespace {

core::ChatRequest request_with(std::vector<core::Attachment> attachments) {
  core::ChatRequest request;
  request.model = "m";
  request.messages = {{core::ChatMessage::Role::system, "Be brief."}, {core::ChatMessage::Role::user, "What is it?"}};
  request.messages.back().attachments = std::make_shared<const std::vector<core::Attachment>>(std::move(attachments));
  return request;
}

const core::Attachment picture{"p.png", "image/png", AttachmentKind::image, "iVBORw0KGgo=", 5000};
const core::Attachment paper{"a \"b\".pdf", "application/pdf", AttachmentKind::pdf, "JVBERi0=", 5000};
const core::Attachment film{"f.gif", "image/gif", AttachmentKind::image, "R0lGODlh", 5000};

Json body(ProviderKind kind, const core::ChatRequest& request) {
  return parse_json(protocol_for(kind).body(request).json).value();
}

// Error bodies in use.
std::optional<core::Rejection> rejection(int status, const std::string& message) {
  const auto error = error_of_status(status, R"({"error":{"message":")" + message + "\"}}");
  return find_rejection(error.message, {{ParameterForm::images, ParameterForm::documents}, {}, 0});
}

}  // namespace

TEST_CASE("OpenAI, OpenRouter and Ollama get images and PDF as parts with data URLs, before the text") {
  for (const auto kind : {ProviderKind::openai, ProviderKind::openrouter, ProviderKind::ollama}) {
    const Json messages = body(kind, request_with({picture, paper}))["messages"];
    CHECK(messages[0]["content"] == "Be brief.");
    const Json& parts = messages[1]["content"];
    REQUIRE(parts.size() == 3);
    CHECK(parts[0] == Json{{"type", "image_url"}, {"image_url", {{"url", "data:image/png;base64,iVBORw0KGgo="}}}});
    CHECK(parts[1]["type"] == "file");
    CHECK(parts[1]["file"]["filename"] == "a \"b\".pdf");
    CHECK(parts[1]["file"]["file_data"] == "data:application/pdf;base64,JVBERi0=");
    CHECK(parts[2] == Json{{"type", "text"}, {"text", "What is it?"}});
  }
}

TEST_CASE("Anthropic gets image and document blocks before the text") {
  const Json content = body(ProviderKind::anthropic, request_with({picture, paper}))["messages"][0]["content"];
  REQUIRE(content.size() == 3);
  CHECK(content[0] == Json{{"type", "image"},
                           {"source", {{"type", "base64"}, {"media_type", "image/png"}, {"data", "iVBORw0KGgo="}}}});
  CHECK(content[1]["type"] == "document");
  CHECK(content[1]["title"] == "a \"b\".pdf");
  CHECK(content[1]["source"]["media_type"] == "application/pdf");
  CHECK(content[2]["text"] == "What is it?");
}

TEST_CASE("Gemini gets inline data before the text, and no GIF, which it does not accept") {
  const auto request = request_with({picture, film, paper});
  const Json parts = body(ProviderKind::gemini, request)["contents"][0]["parts"];
  REQUIRE(parts.size() == 3);
  CHECK(parts[0]["inlineData"] == Json{{"mimeType", "image/png"}, {"data", "iVBORw0KGgo="}});
  CHECK(parts[1]["inlineData"]["mimeType"] == "application/pdf");
  CHECK(parts[2]["text"].get<std::string>().find("\"f.gif\" (image/gif) is not included") != std::string::npos);
  CHECK(protocol_for(ProviderKind::gemini).body(request).omitted_attachments == std::vector<std::string>{"f.gif"});
}

TEST_CASE("an attachment that the model does not accept is replaced by a note with its name") {
  for (const auto kind : {ProviderKind::openai, ProviderKind::anthropic, ProviderKind::gemini}) {
    auto request = request_with({picture, paper});
    request.restrictions.rejected = {ParameterForm::documents};
    const auto partly = protocol_for(kind).body(request);
    CHECK(partly.omitted_attachments == std::vector<std::string>{paper.name});
    CHECK(partly.json.find("JVBERi0=") == std::string::npos);
    CHECK(partly.json.find("iVBORw0KGgo=") != std::string::npos);
    CHECK(partly.sent.forms.contains(ParameterForm::images));
    CHECK_FALSE(partly.sent.forms.contains(ParameterForm::documents));
    request.restrictions.rejected = {ParameterForm::images, ParameterForm::documents};
    const auto none = protocol_for(kind).body(request);
    CHECK(none.omitted_attachments.size() == 2);
    CHECK(none.json.find("The attachment \\\"p.png\\\" (image/png) is not included") != std::string::npos);
  }
  auto request = request_with({picture});
  request.restrictions.rejected = {ParameterForm::images};
  CHECK(body(ProviderKind::openai, request)["messages"][1]["content"].is_string());
}

TEST_CASE("an error that rejects images or PDF names the form that a repeated call omits") {
  const std::pair<int, const char*> images[] = {
      {400, "Invalid content type. image_url is only supported by certain models."},
      {404, "No endpoints found that support image input"},
      {400, "Image input modality is not enabled for models/gemma-3-1b-it"},
      {400, "This model does not support images."},
      {422, "Failed to deserialize the JSON body: messages[0]: unknown variant `image_url`, expected `text`"},
      {500, "image input is not supported - hint: if this is unexpected, provide the mmproj"},
  };
  for (const auto& [status, message] : images) {
    CAPTURE(message);
    const auto found = rejection(status, message);
    REQUIRE(found);
    CHECK(found->restrictions.rejected == ParameterForms{ParameterForm::images});
  }
  for (const char* message : {"This model does not support PDF input.", "Unknown part type: file",
                              "messages.0.content.0: document blocks are not supported by this model"}) {
    CAPTURE(message);
    const auto found = rejection(400, message);
    REQUIRE(found);
    CHECK(found->restrictions.rejected == ParameterForms{ParameterForm::documents});
  }
  const auto both =
      rejection(400, "'messages.1.content' : value must be a string: messages[1].content must be a string");
  REQUIRE(both);
  CHECK(both->restrictions.rejected == ParameterForms{ParameterForm::images, ParameterForm::documents});
  CHECK_FALSE(rejection(400, "the prompt is too long"));
}
