// SPDX-License-Identifier: Apache-2.0
// The published examples of Amazon's documents.
#include "platform/crypto/aws_signature.h"

#include <doctest/doctest.h>

using namespace nephele::crypto;

TEST_CASE("version 4: get-vanilla of the signature test suite") {
    aws::CanonicalRequest request{
        "GET",
        "/",
        "",
        {{"host", "example.amazonaws.com"}, {"x-amz-date", "20150830T123600Z"}},
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"};
    CHECK(request.signed_headers() == "host;x-amz-date");
    CHECK(aws::signature_4("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830T123600Z",
                           {"20150830", "us-east-1", "service"}, request) ==
          "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST_CASE("version 4: values are trimmed, paths and queries encoded and in order") {
    CHECK(aws::canonical_value("  a \t  b  ") == "a b");
    CHECK(aws::encoded_path("/a b/\xc3\xa9/~x") == "/a%20b/%C3%A9/~x");
    CHECK(aws::canonical_query({{"b", "2"}, {"a", "x y"}, {"a", "1"}, {"acl", ""}}) ==
          "a=1&a=x%20y&acl=&b=2");
}

TEST_CASE("version 2: object GET of the REST authentication examples") {
    CHECK(aws::signature_2("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                           "GET\n\n\nTue, 27 Mar 2007 19:36:42 +0000\n"
                           "/awsexamplebucket1/photos/puppy.jpg") ==
          "qgk2+6Sv9/oM7G3qLEjTH1a1l1g=");
}
