// A web server in the test itself, on this machine alone, that answers as badly as it is told to.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace http {

struct Request {
  std::string path;             ///< "/weights/a.pth"
  std::optional<int64_t> from;  ///< the first byte that a Range header asks for
};

struct Reply {
  std::string status = "200 OK";
  std::vector<std::string> headers;
  std::string body;
  std::optional<int64_t> length;  ///< what Content-Length matches; without it, what is true
  bool tells_length = true;
  bool endless = false;  ///< the body again and again
  double silence = 0;    ///< seconds between the body and the end of the connection
};

/// `content` as a server sends it that knows ranges.
Reply file(const std::string& content, const Request& request);

class Server {
 public:
  explicit Server(std::function<Reply(const Request&)> answer);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// "http://127.0.0.1:PORT".
  std::string address() const;
  /// What has been asked so far.
  std::vector<Request> requests() const;

 private:
  void serve();
  void talk(int connection);

  std::function<Reply(const Request&)> answer_;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  int listener_ = -1, port_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// An address of this machine where nobody listens.
std::string closed_address();

}  // namespace http
