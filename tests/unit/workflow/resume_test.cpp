#include "tests/unit/workflow/resume_fixture.h"
