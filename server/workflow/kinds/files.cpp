// Kind `files`: the files of a program, each in a fenced code block of its own.
#include "server/workflow/kinds/step_kind.h"
#include "server/workflow/output/code_files.h"

namespace plenum::workflow {

namespace {

// A revision may repeat only the files that it changes: the others stay as they were.
ParsedOutput parse(std::string_view text, const ParseInput& input) {
  ParsedOutput output{std::string(text)};
  std::vector<CodeFile> found = parse_code_files(text);
  if (found.empty()) {
    output.files.assign(input.earlier.begin(), input.earlier.end());
    if (!output.files.empty()) output.text = render_code_files(output.files);
    return output;
  }
  std::vector<ResultFile> files;
  for (CodeFile& file : found) {
    if (!file.complete) output.problem = "The file " + file.file.path + " stops before its end.";
    files.push_back(std::move(file.file));
  }
  output.files = merge_code_files(input.earlier, files);
  output.text = render_code_files(output.files);
  return output;
}

}  // namespace

extern const StepKind files_kind;
const StepKind files_kind{.name = "files", .answer_tokens = 3000, .parse = parse};

}  // namespace plenum::workflow
