// SPDX-License-Identifier: Apache-2.0
#include "engines/ldap/private_server.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nephele::ldap {
namespace {

int free_port() {
    const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    const bool bound =
        ::bind(handle, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
        ::getsockname(handle, reinterpret_cast<sockaddr*>(&address), &length) == 0;
    ::close(handle);
    return bound ? ntohs(address.sin_port) : 0;
}

void write_file(const std::string& path, const std::string& text) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const bool written =
        file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (file >= 0) ::close(file);
    if (!written) throw EngineFailure(EngineFailure::Kind::permanent, "cannot write " + path);
}

} // namespace

PrivateServer::PrivateServer(std::string directory, bool tls) : directory_(std::move(directory)) {
    ::mkdir((directory_ + "/data").c_str(), 0700);
    std::string text = "modulepath /usr/lib/ldap\nmoduleload back_mdb\n";
    for (const char* schema : {"core", "cosine", "inetorgperson"})
        text += format("include /etc/ldap/schema/{}.schema\n", schema);
    if (tls) {
        certificate_ = directory_ + "/certificate.pem";
        const std::string key = directory_ + "/key.pem";
        const auto made =
            run_process({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                         "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "30",
                         "-keyout", key, "-out", certificate_});
        if (!made.ok()) throw EngineFailure(EngineFailure::Kind::permanent, made.describe());
        text += format("TLSCertificateFile {}\nTLSCertificateKeyFile {}\n", certificate_, key);
    }
    text += format("pidfile {}/pid\ndatabase mdb\nmaxsize 67108864\nsuffix dc=test\n"
                   "rootdn cn=admin,dc=test\nrootpw admin\ndirectory {}/data\n"
                   "access to attrs=userPassword by anonymous auth by * none\n"
                   "access to * by * read\n",
                   directory_, directory_);
    write_file(directory_ + "/slapd.conf", text);
    start();
    Connection connection(settings());
    connection.bind(settings().user, settings().password);
    connection.add("dc=test",
                   {{"objectClass", {"dcObject", "organization"}}, {"dc", {"test"}}, {"o", {"t"}}});
    for (const std::string name : {"people", "teams"})
        connection.add("ou=" + name + ",dc=test",
                       {{"objectClass", {"organizationalUnit"}}, {"ou", {name}}});
}

std::string PrivateServer::url() const { return format("ldap://127.0.0.1:{}", port_); }

Settings PrivateServer::settings() const {
    Settings settings;
    settings.url = url();
    settings.user = "cn=admin,dc=test";
    settings.password = Secret<std::string>("admin");
    settings.timeout_seconds = 10;
    return settings;
}

void PrivateServer::start() {
    if (port_ == 0) port_ = free_port();
    // Without -d 0 it would leave our process group.
    child_ = ChildProcess::start(
        {"/usr/sbin/slapd", "-f", directory_ + "/slapd.conf", "-h", url() + "/", "-d", "0"},
        directory_ + "/log");
    for (int attempt = 0; attempt < 400 && child_.running(); ++attempt) {
        try {
            Connection(settings()).bind("", Secret<std::string>("x"));
            return;
        } catch (const EngineFailure&) {
            ::usleep(25'000);
        }
    }
    throw EngineFailure(EngineFailure::Kind::permanent,
                        "slapd does not start; see " + directory_ + "/log");
}

} // namespace nephele::ldap
