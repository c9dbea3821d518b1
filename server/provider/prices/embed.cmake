# Writes OUT: the text of FILE as a C++ raw string.
file(READ ${FILE} body)
file(WRITE ${OUT} "// Made at build time from server/provider/prices/prices.toml.\n#include \"server/provider/prices/price_files.h\"\n\nnamespace plenum::provider {\n\nstd::string_view built_in_prices() { return R\"prices(${body})prices\"; }\n\n}  // namespace plenum::provider\n")
