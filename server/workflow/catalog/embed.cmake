# Writes OUT: a table of FILES (name without ending, text) as C++ raw strings.
set(text "// Made at build time from server/workflow/catalog.\n#include \"server/workflow/catalog/builtin_workflows.h\"\n\nnamespace plenum::workflow {\n\nnamespace {\nconst BuiltinWorkflow files[] = {\n")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} body)
  # A string literal holds at most 64 KiB by the standard; a workflow file is far smaller.
  string(APPEND text "    {\"${name}\", R\"catalog(${body})catalog\"},\n")
endforeach()
string(APPEND text "};\n}  // namespace\n\nstd::span<const BuiltinWorkflow> builtin_workflows() { return files; }\n\n}  // namespace plenum::workflow\n")
file(WRITE ${OUT} "${text}")
