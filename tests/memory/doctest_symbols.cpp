// The library part of doctest for the programs here that have a main of their own: the precompiled header of the
// tests includes doctest everywhere.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
