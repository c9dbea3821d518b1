#include "server/http/server/address_set.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>

namespace plenum::tests {

using http::AddressSet;

namespace {

sockaddr_storage address_of(const char* text) {
  sockaddr_storage address{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(address);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
  if (::inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
    address.ss_family = AF_INET;
  } else {
    REQUIRE(::inet_pton(AF_INET6, text, &v6.sin6_addr) == 1);
    address.ss_family = AF_INET6;
  }
  return address;
}

}  // namespace

TEST_CASE("a set has its addresses and blocks, in both families, and nothing else") {
  const auto set = AddressSet::parse({"127.0.0.0/8", "::1", "10.1.2.128/25", "2001:db8::/33"});
  REQUIRE(set);
  for (const char* in : {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1", "10.1.2.200", "2001:db8:7fff::1"}) {
    CAPTURE(in);
    CHECK(set->contains(address_of(in)));
  }
  for (const char* out : {"128.0.0.1", "10.1.2.127", "::2", "::7f00:1", "2001:db8:8000::1"}) {
    CAPTURE(out);
    CHECK_FALSE(set->contains(address_of(out)));
  }
  CHECK_FALSE(AddressSet().contains(address_of("127.0.0.1")));
  CHECK_FALSE(set->contains(sockaddr_storage{}));
}

TEST_CASE("an entry that is not an address is named") {
  for (const char* bad :
       {"", "localhost", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0/8", "1.2.3.4/8x"}) {
    CAPTURE(bad);
    const auto set = AddressSet::parse({"::1", bad});
    REQUIRE_FALSE(set);
    CHECK(set.error().message.find('"' + std::string(bad) + '"') != std::string::npos);
  }
}

}  // namespace plenum::tests
