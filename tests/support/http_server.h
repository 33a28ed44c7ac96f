// A web server inside the test process, local only, whose answers can be made faulty.
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
  std::optional<int64_t> from;  ///< the first byte requested by a Range header
};

struct Reply {
  std::string status = "200 OK";
  std::vector<std::string> headers;
  std::string body;
  std::optional<int64_t> length;  ///< the value of Content-Length; none: the true one
  bool tells_length = true;
  bool endless = false;  ///< repeats the body forever
  double silence = 0;    ///< seconds between the body and the end of the connection
};

/// The reply with `content` of a server that supports ranges.
Reply file(const std::string& content, const Request& request);

class Server {
 public:
  explicit Server(std::function<Reply(const Request&)> answer);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// "http://127.0.0.1:PORT".
  std::string address() const;
  /// The requests so far.
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

/// A local address with no server.
std::string closed_address();

}  // namespace http
