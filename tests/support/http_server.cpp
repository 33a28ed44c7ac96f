#include "support/http_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace http {
namespace {

constexpr int kSlice = 20;  // milliseconds between two checks of the stop flag

// A socket bound to a free port of this machine; {descriptor, port}.
std::pair<int, int> bound_socket() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (descriptor < 0 || ::bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no socket on this machine");
  }
  return {descriptor, ntohs(address.sin_port)};
}

bool ready(int descriptor, short what) {
  pollfd one{descriptor, what, 0};
  return ::poll(&one, 1, kSlice) > 0;
}

Request parse(const std::string& text) {
  Request request;
  const size_t first = text.find(' ');
  request.path = text.substr(first + 1, text.find(' ', first + 1) - first - 1);
  const std::string range = "\r\nRange: bytes=";
  if (const size_t at = text.find(range); at != std::string::npos) request.from = std::stoll(text.substr(at + range.size()));
  return request;
}

}  // namespace

Reply file(const std::string& content, const Request& request) {
  if (!request.from) return {.body = content};
  const auto from = static_cast<size_t>(*request.from);
  if (from >= content.size()) return {.status = "416 Range Not Satisfiable"};
  return {.status = "206 Partial Content",
          .headers = {fmt::format("Content-Range: bytes {}-{}/{}", from, content.size() - 1, content.size())},
          .body = content.substr(from)};
}

Server::Server(std::function<Reply(const Request&)> answer) : answer_(std::move(answer)) {
  ::setenv("no_proxy", "127.0.0.1,localhost", 1);  // bypasses the machine's proxy
  std::tie(listener_, port_) = bound_socket();
  if (::listen(listener_, 16) != 0) throw std::runtime_error("the socket does not listen");
  thread_ = std::thread([this] { serve(); });
}

Server::~Server() {
  stop_ = true;
  thread_.join();
  ::close(listener_);
}

std::string Server::address() const {
  return fmt::format("http://127.0.0.1:{}", port_);
}

std::vector<Request> Server::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void Server::serve() {
  while (!stop_) {
    if (!ready(listener_, POLLIN)) continue;
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    talk(connection);
    ::close(connection);
  }
}

void Server::talk(int connection) {
  const auto send = [&](const std::string& text) {
    size_t done = 0;
    while (done < text.size() && !stop_) {
      if (!ready(connection, POLLOUT)) continue;
      const ssize_t put = ::send(connection, text.data() + done, text.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (put <= 0) return false;
      done += static_cast<size_t>(put);
    }
    return !stop_.load();
  };
  std::string text;
  while (text.find("\r\n\r\n") == std::string::npos && !stop_) {
    char some[4096];
    if (!ready(connection, POLLIN)) continue;
    const ssize_t got = ::recv(connection, some, sizeof some, 0);
    if (got <= 0) return;
    text.append(some, static_cast<size_t>(got));
  }
  const Request request = parse(text);
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  const Reply reply = answer_(request);
  std::string head = "HTTP/1.1 " + reply.status + "\r\nConnection: close\r\n";
  for (const std::string& line : reply.headers) head += line + "\r\n";
  if (reply.tells_length)
    head += fmt::format("Content-Length: {}\r\n", reply.length.value_or(static_cast<int64_t>(reply.body.size())));
  bool open = send(head + "\r\n") && send(reply.body);
  while (open && reply.endless) open = send(reply.body);
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(reply.silence);
  while (open && !stop_ && std::chrono::steady_clock::now() < end) open = !ready(connection, POLLIN);
  ::shutdown(connection, SHUT_WR);
}

std::string closed_address() {
  const auto [descriptor, port] = bound_socket();
  ::close(descriptor);
  return fmt::format("http://127.0.0.1:{}", port);
}

}  // namespace http
