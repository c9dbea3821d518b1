// A body is parsed into a task or errors, never both and never neither; the serialized task is parsed into the same
// task.
#include <cstdint>

#include "common/base/utf8.h"
#include "common/json/json.h"
#include "common/protocol/task_request.h"
#include "tests/fuzz/require.h"

using namespace plenum;
using tests::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const TaskRequest request = parse_task_request({reinterpret_cast<const char*>(data), size});
  require(request.spec.has_value() == request.faults.empty());
  require(request.is_json || request.faults.size() == 1);
  for (const ValidationError& fault : request.faults) {
    require(!fault.detail.empty() && is_utf8(fault.detail) && is_utf8(fault.pointer));
    require(fault.pointer.empty() || fault.pointer.front() == '/');
  }
  if (!request.spec) return 0;
  require(!request.spec->task.empty() && request.spec->members.size() <= 64);
  const std::string body = task_request_body(*request.spec);
  const TaskRequest again = parse_task_request(body);
  require(again.spec.has_value());
  require(task_request_body(*again.spec) == body);
  return 0;
}
