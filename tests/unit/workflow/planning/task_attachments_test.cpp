#include "server/workflow/planning/task_attachments.h"

#include <doctest/doctest.h>

#include <string>

#include "server/workflow/output/context_rendering.h"

using namespace plenum;
using namespace plenum::workflow;

TEST_CASE("the files of a context are attachments, texts are not") {
  const auto found = attachments_of(
      R"({"a":1,"attachments":[{"name":"n","text":"x"},{"name":"p.png","media_type":"image/png","data":"iVBORw0KGgo="},)"
      R"({"name":"d.pdf","media_type":"application/pdf","data":"JVBERi0="}]})");
  REQUIRE(found != nullptr);
  REQUIRE(found->size() == 2);
  CHECK(found->at(0).name == "p.png");
  CHECK(found->at(0).kind == AttachmentKind::image);
  CHECK(found->at(0).data == "iVBORw0KGgo=");
  CHECK(found->at(0).tokens == image_tokens);
  CHECK(found->at(1).kind == AttachmentKind::pdf);
  CHECK(found->at(1).tokens == pdf_page_tokens);
  CHECK(attachments_of("{}") == nullptr);
  CHECK(attachments_of(R"({"attachments":[{"name":"n","text":"\"media_type\""}]})") == nullptr);
  CHECK(attachments_of(R"({"attachments":{"media_type":1}})") == nullptr);
}

TEST_CASE("data from which a key was removed is no attachment") {
  CHECK(attachments_of(R"({"attachments":[{"name":"n","media_type":"image/png","data":"iVB[REDACTED]"}]})") == nullptr);
}

TEST_CASE("the pages of a PDF are those that it states, else estimated from its size") {
  CHECK(pdf_pages("%PDF-1.4 <</Type /Pages /Count 12>> <</Type /Page>>") == 12);
  CHECK(pdf_pages("<</Type/Page>><</Type /Page /Parent 1 0 R>><</Type/Pages>><</Type /PageLabel>>") == 2);
  CHECK(pdf_pages("/Count 999999999999") == 1000);
  CHECK(pdf_pages("/Count 50000") == 1000);
  CHECK(pdf_pages("/Count -3") == 1);
  CHECK(pdf_pages("") == 1);
  CHECK(pdf_pages("/Type") == 1);
  CHECK(pdf_pages(std::string(100'000, 'x')) == 6);
  CHECK(estimated_tokens(AttachmentKind::pdf, "/Count 3") == 3 * pdf_page_tokens);
}

TEST_CASE("a prompt names the files of the message, and does not contain their data") {
  const std::string text = render_context(
      R"({"attachments":[{"name":"p.png","media_type":"image/png","data":"iVBORw0KGgo="},{"name":"n","text":"x"}]})");
  CHECK(text.find("Attached: p.png (image/png, 8 bytes)") == 0);
  CHECK(text.find("Attached: n\n\n```\nx\n```") != std::string::npos);
  CHECK(text.find("iVBOR") == std::string::npos);
}
