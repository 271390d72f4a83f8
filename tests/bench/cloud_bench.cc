// SPDX-License-Identifier: Apache-2.0
// A load generator for tools/bench: keep-alive connections over raw sockets in one thread, so that
// it takes little from the machine it measures on. Prints one JSON object.
//   cloud_bench load port=N path=/p [method=GET] [token=T] [version=nova's] [body=JSON] [clients=1]
//                    [seconds=S | count=N] [ids=FILE] [keep=FILE] [expect=2]
//   cloud_bench put  port=N path=/p token=T bytes=N       one streamed upload
//   cloud_bench get  port=N path=/p token=T               one download, thrown away
//   cloud_bench many port=N path=/p token=T clients=N     so many downloads at once, thrown away
// In path and body {n} becomes a running number, {id} the next line of `ids` (round and round).
#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

[[noreturn]] void die(const std::string& what) {
    std::fprintf(stderr, "cloud_bench: %s: %s\n", what.c_str(), std::strerror(errno));
    std::exit(1);
}

double now() {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

struct Arguments {
    std::map<std::string, std::string> values;
    std::string text(const std::string& name, const std::string& otherwise = "") const {
        auto found = values.find(name);
        return found == values.end() ? otherwise : found->second;
    }
    double number(const std::string& name, double otherwise) const {
        auto found = values.find(name);
        return found == values.end() ? otherwise : std::atof(found->second.c_str());
    }
};

int connect_to(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        die("connect");
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        auto sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) die("send");
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::string header_value(std::string_view head, std::string_view name) {
    for (std::size_t at = head.find("\r\n"); at != std::string_view::npos;
         at = head.find("\r\n", at + 2)) {
        auto line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
        if (line.size() <= name.size() || line[name.size()] != ':' ||
            strncasecmp(line.data(), name.data(), name.size()) != 0)
            continue;
        line.remove_prefix(name.size() + 1);
        while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
        return std::string(line);
    }
    return "";
}

int status_of(std::string_view head) {
    return head.size() > 12 ? std::atoi(std::string(head.substr(9, 3)).c_str()) : 0;
}

// Bytes of the complete answer at the start of `in`; 0 while more is to come.
std::size_t complete(std::string_view in, std::size_t& body_at) {
    auto end = in.find("\r\n\r\n");
    if (end == std::string_view::npos) return 0;
    body_at = end + 4;
    auto head = in.substr(0, end + 2);
    if (auto length = header_value(head, "Content-Length"); !length.empty()) {
        auto all = body_at + std::strtoull(length.c_str(), nullptr, 10);
        return in.size() >= all ? all : 0;
    }
    if (header_value(head, "Transfer-Encoding") == "chunked") {
        auto last = in.find("0\r\n\r\n", body_at);
        return last == std::string_view::npos ? 0 : last + 5;
    }
    return body_at; // 204 and the like
}

std::vector<std::string> lines_of(const std::string& path) {
    std::vector<std::string> out;
    FILE* file = std::fopen(path.c_str(), "r");
    if (!file) die(path);
    char line[4096];
    while (std::fgets(line, sizeof line, file)) {
        line[std::strcspn(line, "\n")] = 0;
        if (*line) out.push_back(line);
    }
    std::fclose(file);
    return out;
}

void replace_all(std::string& text, std::string_view what, const std::string& by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
}

std::string common_headers(const Arguments& arguments) {
    std::string out = "Host: 127.0.0.1\r\nUser-Agent: cloud_bench\r\nAccept: application/json\r\n";
    if (auto token = arguments.text("token"); !token.empty())
        out += "X-Auth-Token: " + token + "\r\n";
    if (auto subject = arguments.text("subject"); !subject.empty())
        out += "X-Subject-Token: " + subject + "\r\n";
    if (auto version = arguments.text("version"); !version.empty())
        out += "OpenStack-API-Version: " + version + "\r\n";
    return out;
}

struct Client {
    int fd = -1;
    double sent_at = 0;
    std::string in;
    bool waiting = false;
};

// All clients of one run.
class Load {
  public:
    explicit Load(const Arguments& arguments)
        : arguments_(arguments), clients_(static_cast<std::size_t>(arguments.number("clients", 1))),
          count_(static_cast<long>(arguments.number("count", 0))),
          seconds_(arguments.number("seconds", count_ ? 300 : 1)),
          expect_(static_cast<int>(arguments.number("expect", 2))) {
        if (auto file = arguments.text("ids"); !file.empty()) ids_ = lines_of(file);
        if (auto file = arguments.text("keep"); !file.empty())
            if (!(keep_ = std::fopen(file.c_str(), "w"))) die(file);
    }

    int run() {
        epoll_ = epoll_create1(EPOLL_CLOEXEC);
        double began = now();
        for (auto& client : clients_) {
            client.fd = connect_to(static_cast<int>(arguments_.number("port", 8181)));
            epoll_event event{.events = EPOLLIN, .data = {.ptr = &client}};
            if (epoll_ctl(epoll_, EPOLL_CTL_ADD, client.fd, &event) != 0) die("epoll_ctl");
            send_next(client);
        }
        while (open_ > 0) {
            epoll_event events[64];
            int ready = epoll_wait(epoll_, events, 64, 60'000);
            if (ready == 0) die("no answer for a minute");
            stop_ = now() - began > seconds_;
            for (int i = 0; i < ready; ++i) receive(*static_cast<Client*>(events[i].data.ptr));
        }
        print(now() - began);
        if (keep_) std::fclose(keep_);
        return errors_ ? 1 : 0;
    }

  private:
    void send_next(Client& client) {
        if (stop_ || (count_ && sent_ == count_)) return;
        auto number = std::to_string(sent_);
        std::string path = arguments_.text("path"), body = arguments_.text("body");
        for (auto* text : {&path, &body}) {
            replace_all(*text, "{n}", number);
            if (!ids_.empty())
                replace_all(*text, "{id}", ids_[static_cast<std::size_t>(sent_) % ids_.size()]);
        }
        std::string out = arguments_.text("method", "GET") + " " + path + " HTTP/1.1\r\n" +
                          common_headers(arguments_);
        if (!body.empty())
            out +=
                "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n";
        ++sent_;
        ++open_;
        client.waiting = true;
        client.sent_at = now();
        send_all(client.fd, out + "\r\n" + body);
    }

    void receive(Client& client) {
        char piece[262144];
        auto got = recv(client.fd, piece, sizeof piece, 0);
        if (got <= 0) die("the server closed the connection");
        client.in.append(piece, static_cast<std::size_t>(got));
        std::size_t body_at = 0, size = complete(client.in, body_at);
        if (!size) return;
        note(client, std::string_view(client.in).substr(0, size), body_at);
        client.in.erase(0, size);
        client.waiting = false;
        --open_;
        send_next(client);
    }

    void note(const Client& client, std::string_view answer, std::size_t body_at) {
        times_.push_back(now() - client.sent_at);
        bytes_ += answer.size();
        auto body = answer.substr(body_at);
        if (status_of(answer) / 100 != expect_) {
            if (!errors_++) first_error_ = std::string(answer.substr(0, 600));
        } else if (keep_) {
            std::fwrite(body.data(), 1, body.size(), keep_);
            std::fputc('\n', keep_);
        }
    }

    double quantile(double q) {
        if (times_.empty()) return 0;
        auto at = std::min(times_.size() - 1,
                           static_cast<std::size_t>(q * static_cast<double>(times_.size())));
        std::nth_element(times_.begin(), times_.begin() + static_cast<std::ptrdiff_t>(at),
                         times_.end());
        return times_[at] * 1000;
    }

    void print(double seconds) {
        auto requests = times_.size();
        std::printf("{\"requests\": %zu, \"errors\": %ld, \"seconds\": %.4f, \"rate\": %.1f, "
                    "\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f, \"bytes\": %zu}\n",
                    requests, errors_, seconds, static_cast<double>(requests) / seconds,
                    quantile(0.5), quantile(0.99), quantile(1), bytes_);
        if (errors_) std::fprintf(stderr, "first refused answer:\n%s\n", first_error_.c_str());
    }

    const Arguments& arguments_;
    std::vector<Client> clients_;
    long count_;
    double seconds_;
    int expect_;
    int epoll_ = -1;
    bool stop_ = false;
    long sent_ = 0, open_ = 0, errors_ = 0;
    std::size_t bytes_ = 0;
    std::vector<double> times_;
    std::vector<std::string> ids_;
    std::string first_error_;
    FILE* keep_ = nullptr;
};

int stream(const Arguments& arguments, bool upload) {
    int fd = connect_to(static_cast<int>(arguments.number("port", 8181)));
    auto bytes = static_cast<std::uint64_t>(arguments.number("bytes", 0));
    double began = now();
    std::string out = (upload ? "PUT " : "GET ") + arguments.text("path") + " HTTP/1.1\r\n" +
                      common_headers(arguments) + "Connection: close\r\n";
    if (upload)
        out +=
            "Content-Type: application/octet-stream\r\nContent-Length: " + std::to_string(bytes) +
            "\r\n";
    send_all(fd, out + "\r\n");
    // Not all zeros, so that nothing on the way can be clever about it.
    std::string piece(1 << 20, '\0');
    for (std::size_t i = 0; i < piece.size(); ++i) piece[i] = static_cast<char>(i * 131 >> 3);
    for (std::uint64_t left = upload ? bytes : 0; left > 0;) {
        auto now_sent = std::min<std::uint64_t>(left, piece.size());
        send_all(fd, std::string_view(piece).substr(0, now_sent));
        left -= now_sent;
    }
    std::string head;
    std::uint64_t received = 0;
    for (ssize_t got; (got = recv(fd, piece.data(), piece.size(), 0)) > 0;) {
        received += static_cast<std::uint64_t>(got);
        if (head.size() < 4096) head.append(piece.data(), std::min<std::size_t>(got, 4096));
    }
    double seconds = now() - began;
    std::printf("{\"status\": %d, \"seconds\": %.4f, \"received\": %llu}\n", status_of(head),
                seconds, static_cast<unsigned long long>(received));
    if (status_of(head) / 100 != 2) std::fprintf(stderr, "%.600s\n", head.c_str());
    return status_of(head) / 100 == 2 ? 0 : 1;
}

/// One of many downloads.
struct Download {
    int fd = -1;
    std::string head;
};

int download_many(const Arguments& arguments) {
    std::vector<Download> all(static_cast<std::size_t>(arguments.number("clients", 100)));
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    std::string request = "GET " + arguments.text("path") + " HTTP/1.1\r\n" +
                          common_headers(arguments) + "Connection: close\r\n\r\n";
    double began = now(), first_seconds = 0;
    for (auto& one : all) {
        one.fd = connect_to(static_cast<int>(arguments.number("port", 8181)));
        epoll_event event{.events = EPOLLIN, .data = {.ptr = &one}};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, one.fd, &event) != 0) die("epoll_ctl");
        send_all(one.fd, request);
    }
    std::uint64_t received = 0;
    long whole = 0, refused = 0, left = static_cast<long>(all.size());
    while (left > 0) {
        epoll_event events[64];
        int ready = epoll_wait(epoll, events, 64, 60'000);
        if (ready == 0) die("nothing came for a minute");
        for (int i = 0; i < ready; ++i) {
            auto& one = *static_cast<Download*>(events[i].data.ptr);
            char piece[512];
            bool in_head = one.head.size() < sizeof piece;
            // Behind the head the kernel throws the bytes away for us.
            auto got = in_head ? recv(one.fd, piece, sizeof piece, 0)
                               : recv(one.fd, nullptr, 4 << 20, MSG_TRUNC);
            if (got > 0) {
                received += static_cast<std::uint64_t>(got);
                if (in_head) one.head.append(piece, static_cast<std::size_t>(got));
                continue;
            }
            if (!first_seconds) first_seconds = now() - began;
            (got == 0 && status_of(one.head) == 200 ? whole : refused) += 1;
            close(one.fd);
            --left;
        }
    }
    std::printf("{\"whole\": %ld, \"refused\": %ld, \"seconds\": %.4f, \"first_seconds\": %.4f, "
                "\"received\": %llu}\n",
                whole, refused, now() - began, first_seconds,
                static_cast<unsigned long long>(received));
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    for (int i = 2; i < argc; ++i) {
        std::string word = argv[i];
        auto equals = word.find('=');
        if (equals == std::string::npos) die("not name=value: " + word);
        arguments.values[word.substr(0, equals)] = word.substr(equals + 1);
    }
    std::string mode = argc > 1 ? argv[1] : "";
    if (mode == "load") return Load(arguments).run();
    if (mode == "put" || mode == "get") return stream(arguments, mode == "put");
    if (mode == "many") return download_many(arguments);
    std::fprintf(stderr, "usage: cloud_bench load|put|get|many name=value ...\n");
    return 2;
}
