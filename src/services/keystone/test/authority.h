// SPDX-License-Identifier: Apache-2.0
// An authority, a server certificate and client certificates, made with openssl.
#pragma once
#include "base/process.h"
#include "services/keystone/test/support.h"

#include <doctest/doctest.h>

namespace nephele::keystone::test {

struct Authority {
    nephele::test::TempDir directory{"certificates"};
    std::string path(const std::string& name) const { return directory.path() + "/" + name; }
    static void run(const std::vector<std::string>& command) {
        const auto result = run_process(command);
        REQUIRE_MESSAGE(result.ok(), result.describe());
    }
    Authority() {
        run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", path("ca.key"), "-out", path("ca.pem"), "-subj", "/CN=ca",
             "-days", "2"});
        make("server", "/CN=127.0.0.1", "subjectAltName=IP:127.0.0.1");
    }
    void make(const std::string& name, const std::string& subject,
              const std::string& extension = "basicConstraints=CA:FALSE") {
        run({"openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", path(name + ".key"), "-out", path(name + ".csr"), "-subj",
             subject, "-addext", extension});
        run({"openssl", "x509", "-req", "-in", path(name + ".csr"), "-CA", path("ca.pem"), "-CAkey",
             path("ca.key"), "-CAcreateserial", "-days", "2", "-copy_extensions", "copyall", "-out",
             path(name + ".pem")});
    }
    std::vector<std::string> settings(std::vector<std::string> more) const {
        more.push_back("http.tls_certificate=\"" + path("server.pem") + "\"");
        more.push_back("http.tls_key=\"" + path("server.key") + "\"");
        more.push_back("http.tls_client_ca=\"" + path("ca.pem") + "\"");
        return more;
    }
    http::ClientResponse send(Identity& cloud, http::ClientRequest request,
                              const std::string& client) const {
        request.url = "https://127.0.0.1:" + std::to_string(cloud.node().port()) + request.url;
        request.ca_file = path("ca.pem");
        if (!client.empty()) {
            request.certificate_file = path(client + ".pem");
            request.key_file = path(client + ".key");
        }
        return http::fetch(request);
    }
    http::ClientResponse post(Identity& cloud, const std::string& url, const std::string& body,
                              const std::string& client, const char* type) const {
        http::ClientRequest request;
        request.method = "POST";
        request.url = url;
        request.body = body;
        request.headers.set("Content-Type", type);
        return send(cloud, std::move(request), client);
    }
    http::ClientResponse get(Identity& cloud, const std::string& url, const std::string& token,
                             const std::string& client) const {
        http::ClientRequest request;
        request.url = url;
        request.headers.set("X-Auth-Token", token);
        return send(cloud, std::move(request), client);
    }
};

} // namespace nephele::keystone::test
