// One HTTP request and its answer; the only file that knows the library that speaks HTTP.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace residual::fetch {

/// How long a server may take, in seconds.
struct Timeouts {
  int connect = 10;  ///< until the connection stands
  int silence = 30;  ///< without a single byte
};

/// The head of an answer.
struct Head {
  long status = 0;
  std::optional<int64_t> length;      ///< bytes of this answer's body
  std::optional<int64_t> range_from;  ///< where a part of a file (status 206) begins in it
  std::string redirect;               ///< the whole address, where the answer leads to another
};

/// GET `url`. An exception of the functions ends the transfer and is rethrown by it.
struct Transfer {
  std::string url;
  int64_t from = 0;         ///< request the file from this byte on
  bool plain_http = false;  ///< http is allowed beside https
  Timeouts timeouts;
  std::function<bool(const Head&)> head;  ///< false: the body is not wanted
  std::function<void(std::span<const std::byte>)> body;
  std::function<void()> tick;  ///< called all the time, at least once a second
};

struct Outcome {
  Head head;
  std::string failure;   ///< why the transfer did not come to its end; empty when it did, or when the body was not wanted
  bool reached = false;  ///< an answer had begun
};

Outcome perform(const Transfer& transfer);

/// The first byte of "bytes 100-199/200" or "bytes 100-199/*"; nothing for anything else.
std::optional<int64_t> range_start(std::string_view content_range);

/// Scheme, host in lower case, and port of an address; nothing for other texts.
struct Origin {
  std::string scheme, host, port;
  bool operator==(const Origin&) const = default;
};
std::optional<Origin> origin_of(const std::string& url);

}  // namespace residual::fetch
