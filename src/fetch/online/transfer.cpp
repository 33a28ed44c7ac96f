#include "fetch/online/transfer.h"

#include <curl/curl.h>

#include <array>
#include <charconv>
#include <chrono>
#include <exception>
#include <memory>
#include <mutex>

#include "core/error.h"
#include "core/text.h"

namespace residual::fetch {
namespace {

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

// What the callbacks share; exceptions wait here until the C library has returned.
struct Running {
  const Transfer& transfer;
  CURL* handle;
  Head head;
  bool begun = false, wanted = false, silent = false;
  std::chrono::steady_clock::time_point last_byte = std::chrono::steady_clock::now();
  std::exception_ptr thrown;
};

Handle new_handle() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  Handle handle(curl_easy_init(), curl_easy_cleanup);
  if (!handle) fail(ErrorKind::kResource, "no memory for a connection");
  return handle;
}

void read_head(Running& running) {
  running.begun = true;
  curl_easy_getinfo(running.handle, CURLINFO_RESPONSE_CODE, &running.head.status);
  curl_off_t length = -1;
  if (curl_easy_getinfo(running.handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) == CURLE_OK && length >= 0)
    running.head.length = length;
  const char* redirect = nullptr;
  if (curl_easy_getinfo(running.handle, CURLINFO_REDIRECT_URL, &redirect) == CURLE_OK && redirect != nullptr)
    running.head.redirect = redirect;
  curl_header* range = nullptr;
  if (curl_easy_header(running.handle, "Content-Range", 0, CURLH_HEADER, -1, &range) == CURLHE_OK)
    running.head.range_from = range_start(range->value);
  running.wanted = running.transfer.head(running.head);
}

size_t on_body(char* bytes, size_t one, size_t count, void* context) {
  auto& running = *static_cast<Running*>(context);
  try {
    if (!running.begun) read_head(running);
    if (!running.wanted) return CURL_WRITEFUNC_ERROR;
    running.last_byte = std::chrono::steady_clock::now();
    running.transfer.body(std::as_bytes(std::span(bytes, one * count)));
    return one * count;
  } catch (...) {
    running.thrown = std::current_exception();
    return CURL_WRITEFUNC_ERROR;
  }
}

int on_tick(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& running = *static_cast<Running*>(context);
  try {
    running.transfer.tick();
    const Timeouts& timeouts = running.transfer.timeouts;
    const std::chrono::seconds allowed(timeouts.silence + (running.begun ? 0 : timeouts.connect));
    running.silent = std::chrono::steady_clock::now() - running.last_byte > allowed;
    return running.silent ? 1 : 0;
  } catch (...) {
    running.thrown = std::current_exception();
    return 1;
  }
}

void prepare(Running& running, char* message) {
  const Transfer& transfer = running.transfer;
  CURL* const handle = running.handle;
  curl_easy_setopt(handle, CURLOPT_URL, transfer.url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, transfer.plain_http ? "http,https" : "https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);  // every step is checked before it is taken
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, static_cast<long>(transfer.timeouts.connect));
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "residual");
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, message);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &running);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_tick);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &running);
  if (transfer.from > 0) curl_easy_setopt(handle, CURLOPT_RANGE, fmt::format("{}-", transfer.from).c_str());
}

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
  std::string result = text;
  curl_free(text);
  return result;
}

}  // namespace

Outcome perform(const Transfer& transfer) {
  const Handle handle = new_handle();
  std::array<char, CURL_ERROR_SIZE> message{};
  Running running{.transfer = transfer, .handle = handle.get(), .head = {}, .thrown = nullptr};
  prepare(running, message.data());
  const CURLcode code = curl_easy_perform(handle.get());
  if (running.thrown) std::rethrow_exception(running.thrown);
  Outcome outcome;
  if (code == CURLE_OK && !running.begun) read_head(running);  // an answer without a body
  const bool declined = running.begun && !running.wanted;
  if (running.silent) {
    outcome.failure = "nothing came any more";
  } else if (code != CURLE_OK && !declined) {
    outcome.failure = message[0] != 0 ? message.data() : curl_easy_strerror(code);
  }
  outcome.reached = running.begun;
  outcome.head = std::move(running.head);
  return outcome;
}

std::optional<int64_t> range_start(std::string_view content_range) {
  constexpr std::string_view unit = "bytes ";
  if (!content_range.starts_with(unit)) return std::nullopt;
  content_range.remove_prefix(unit.size());
  int64_t from = -1;
  const char* const end = content_range.data() + content_range.size();
  const auto [next, error] = std::from_chars(content_range.data(), end, from);
  if (error != std::errc{} || from < 0 || next == end || *next != '-') return std::nullopt;
  return from;
}

std::optional<Origin> origin_of(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), curl_url_cleanup);
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return std::nullopt;
  Origin origin{part_of(parsed.get(), CURLUPART_SCHEME), lower_case(part_of(parsed.get(), CURLUPART_HOST)),
                part_of(parsed.get(), CURLUPART_PORT)};
  if (origin.scheme.empty() || origin.host.empty()) return std::nullopt;
  return origin;
}

}  // namespace residual::fetch
