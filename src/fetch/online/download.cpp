#include "fetch/online/download.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "core/error.h"
#include "core/log.h"
#include "core/system/file.h"
#include "fetch/online/part_file.h"
#include "fetch/online/sha256.h"

namespace residual::fetch {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxRedirects = 5;
constexpr int kMaxBreaks = 5;  // connections that broke, each after some bytes

std::string size_text(const PublishedFile& file) {
  if (file.exact_size()) return fmt::format("{} bytes", file.most_bytes);
  return fmt::format("{} to {} bytes", file.least_bytes, file.most_bytes);
}

bool fits(const PublishedFile& file, int64_t size) {
  return size >= file.least_bytes && size <= file.most_bytes;
}

std::string hash_fault(const PublishedFile& file, const std::string& found) {
  if (found.starts_with(file.sha256)) return {};
  return fmt::format("its SHA-256 begins with {}, published is {}", found.substr(0, 16), file.sha256.substr(0, 16));
}

// "www.cs.toronto.edu" may send on to itself and to "cave.cs.toronto.edu"; "localhost", addresses of numbers and a bucket of
// Amazon's, whose neighbours are anybody's, only to themselves.
bool same_domain(const std::string& from, const std::string& to) {
  if (from == to) return true;
  if (from.ends_with(".amazonaws.com")) return false;
  const size_t dot = from.find('.');
  if (dot == std::string::npos || from.find_first_not_of("0123456789.") == std::string::npos || from[0] == '[') return false;
  const std::string domain = from.substr(dot);
  return domain.find('.', 1) != std::string::npos && (to.ends_with(domain) || "." + to == domain);
}

class Work {
 public:
  Work(const Download& wanted, const Observer& observer)
      : wanted_(wanted), observer_(observer), all_(wanted.file.most_bytes), part_(wanted.path, [this] { tick(0); }) {}

  void run() {
    std::error_code ignored;
    if (fs::exists(wanted_.path, ignored) && fault_of(wanted_.file, wanted_.path).empty()) return;
    if (part_.size() > wanted_.file.most_bytes) part_.clear();
    const bool resumed = part_.size() > 0;
    if (!resumed || !accept()) {
      if (resumed) info("{}: going on after {} bytes", wanted_.file.name, part_.size());
      arrive();
      if (const std::string fault = fault_of_part(); !fault.empty()) again_from_the_start(resumed, fault);
    }
    part_.finish();
  }

 private:
  const std::string& name() const { return wanted_.file.name; }

  void tick(int64_t done) {
    if (observer_ && !observer_({wanted_.file, done, all_})) {
      fail(ErrorKind::kInterrupted, "{}: interrupted; what has arrived is kept, and fetching it again goes on from there",
           name());
    }
  }

  // Whether a .part of an earlier call is the whole file already.
  bool accept() const { return fault_of_part().empty(); }

  std::string fault_of_part() const {
    if (!fits(wanted_.file, part_.size()))
      return fmt::format("it has {} bytes, published are {}", part_.size(), size_text(wanted_.file));
    return hash_fault(wanted_.file, part_.sha256());
  }

  // What an earlier call left may belong to another file; what came just now does not.
  void again_from_the_start(bool resumed, std::string fault) {
    if (resumed) {
      info("{}: the part that was here does not fit; fetching all of it", name());
      part_.clear();
      arrive();
      fault = fault_of_part();
      if (fault.empty()) return;
    }
    part_.discard();
    fail(ErrorKind::kBadFile, "{}: what '{}' sends is not what was published: {}; it is not kept", name(), wanted_.file.url,
         fault);
  }

  // Lets all bytes arrive, over several connections where they break.
  void arrive() {
    for (int breaks = 0;;) {
      const int64_t before = part_.size();
      const Outcome outcome = follow();
      const bool short_of = outcome.failure.empty() && part_.size() < wanted_.file.least_bytes && !outcome.head.length;
      if (outcome.head.status == 416 && before > 0) {  // there is nothing after these bytes: they are of another file
        part_.clear();
      } else if (ignored_range_) {
        ignored_range_ = false;
        part_.clear();
      } else if (!outcome.failure.empty() || short_of) {
        if (part_.size() <= before || ++breaks > kMaxBreaks) broken(outcome);
      } else if (outcome.head.status == 200 || outcome.head.status == 206) {
        return;
      } else {
        refused(outcome.head.status);
      }
    }
  }

  // One request with its redirects.
  Outcome follow() {
    std::string url = wanted_.file.url;
    for (int step = 0; step <= kMaxRedirects; ++step) {
      Outcome outcome = get(url);
      if (outcome.head.redirect.empty()) return outcome;
      check_redirect(url, outcome.head.redirect);
      url = outcome.head.redirect;
    }
    fail(ErrorKind::kOther, "{}: '{}' leads from one address to the next, more than {} times", name(), wanted_.file.url,
         kMaxRedirects);
  }

  Outcome get(const std::string& url) {
    const int64_t from = part_.size();
    return perform({.url = url,
                    .from = from,
                    .plain_http = wanted_.plain_http,
                    .timeouts = wanted_.timeouts,
                    .head = [&](const Head& head) { return wants_body(head, from); },
                    .body = [&](std::span<const std::byte> bytes) { take(bytes); },
                    .tick = [&] { tick(part_.size()); }});
  }

  bool wants_body(const Head& head, int64_t from) {
    if (head.status == 206 && from > 0 && head.range_from != from) {
      ignored_range_ = true;
      return false;
    }
    if (head.status != 200 && (head.status != 206 || from == 0)) return false;
    if (head.status == 200 && from > 0) part_.clear();  // the server knows no parts and sends all of it
    const int64_t limit = wanted_.file.most_bytes - part_.size();
    if (head.length && *head.length > limit) too_much();
    if (head.length) all_ = part_.size() + *head.length;
    check_free_space(head.length.value_or(limit));
    return true;
  }

  void take(std::span<const std::byte> bytes) {
    if (static_cast<int64_t>(bytes.size()) > wanted_.file.most_bytes - part_.size()) too_much();
    part_.append(bytes);
    tick(part_.size());
  }

  void check_free_space(int64_t bytes) const {
    std::error_code error;
    const fs::space_info space = fs::space(wanted_.path.parent_path(), error);
    if (!error && space.available < static_cast<uintmax_t>(bytes)) {
      fail(ErrorKind::kResource, "{}: {} bytes are still to come and the disk of '{}' has space for {}", name(), bytes,
           wanted_.path.parent_path().string(), space.available);
    }
  }

  void check_redirect(const std::string& from, const std::string& to) const {
    const auto here = origin_of(from), there = origin_of(to);
    const bool scheme = there && (there->scheme == "https" || (there->scheme == "http" && here && here->scheme == "http"));
    // A host may have several services; those of another port of the same machine are somebody else's.
    const bool port = scheme && here && (here->port == there->port || here->scheme != there->scheme);
    if (!port || !same_domain(here->host, there->host)) {
      fail(ErrorKind::kOther, "{}: '{}' leads to '{}', which is not its publisher's; not followed", name(), from, to);
    }
  }

  [[noreturn]] void too_much() {
    part_.discard();
    fail(ErrorKind::kBadFile, "{}: '{}' sends more than the {} that were published; it is not kept", name(), wanted_.file.url,
         size_text(wanted_.file));
  }

  [[noreturn]] void broken(const Outcome& outcome) const {
    const auto origin = origin_of(wanted_.file.url);
    const std::string host = origin ? origin->host : wanted_.file.url;
    const std::string why = outcome.failure.empty() ? "it ended early" : outcome.failure;
    if (!outcome.reached) fail(ErrorKind::kOther, "{}: cannot reach {} ({}); is there a network?", name(), host, why);
    fail(ErrorKind::kOther, "{}: the connection to {} broke after {} of {} ({}); fetching it again goes on from there", name(),
         host, part_.size(), size_text(wanted_.file), why);
  }

  [[noreturn]] void refused(long status) const {
    const bool gone = status == 404 || status == 410;
    fail(gone ? ErrorKind::kBadFile : ErrorKind::kOther, "{}: the server answers {} to '{}'; {}", name(), status,
         wanted_.file.url, gone ? "there is no such file" : "try it again later");
  }

  const Download& wanted_;
  const Observer& observer_;
  int64_t all_;
  PartFile part_;
  bool ignored_range_ = false;
};

}  // namespace

void download(const Download& wanted, const Observer& observer) {
  Work(wanted, observer).run();
}

std::string fault_of(const PublishedFile& file, const fs::path& path) {
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (descriptor.get() < 0) return fmt::format("it cannot be opened: {}", std::strerror(errno));
  struct stat status{};
  if (::fstat(descriptor.get(), &status) != 0 || !S_ISREG(status.st_mode)) return "it is not a regular file";
  if (!fits(file, status.st_size)) return fmt::format("it has {} bytes, published are {}", status.st_size, size_text(file));
  return hash_fault(file, sha256_of(descriptor.get()));
}

}  // namespace residual::fetch
