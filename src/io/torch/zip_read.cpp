#include <zip.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/error.h"
#include "core/json_text.h"
#include "io/torch/zip_archive.h"

namespace residual::io {
namespace {

// What libzip requests of a Source; it reads one entry after the other.
struct Feed {
  Source* source;
  std::exception_ptr* failure;
  uint64_t at = 0;
  zip_error_t error{};
};

zip_int64_t read(Feed& feed, void* data, zip_uint64_t length) {
  const uint64_t count = std::min<uint64_t>(length, feed.source->size - feed.at);
  try {
    feed.source->read(feed.at, {static_cast<std::byte*>(data), static_cast<size_t>(count)});
  } catch (...) {
    *feed.failure = std::current_exception();
    zip_error_set(&feed.error, ZIP_ER_READ, 0);
    return -1;
  }
  feed.at += count;
  return static_cast<zip_int64_t>(count);
}

zip_int64_t seek(Feed& feed, void* data, zip_uint64_t length) {
  const zip_int64_t place = zip_source_seek_compute_offset(feed.at, feed.source->size, data, length, &feed.error);
  if (place < 0) return -1;
  feed.at = static_cast<uint64_t>(place);
  return 0;
}

zip_int64_t answer(void* state, void* data, zip_uint64_t length, zip_source_cmd_t command) {
  Feed& feed = *static_cast<Feed*>(state);
  switch (command) {
    case ZIP_SOURCE_OPEN: feed.at = 0; return 0;
    case ZIP_SOURCE_READ: return read(feed, data, length);
    case ZIP_SOURCE_SEEK: return seek(feed, data, length);
    case ZIP_SOURCE_TELL: return static_cast<zip_int64_t>(feed.at);
    case ZIP_SOURCE_CLOSE: return 0;
    case ZIP_SOURCE_STAT: {
      auto* stat = static_cast<zip_stat_t*>(data);
      zip_stat_init(stat);
      stat->valid = ZIP_STAT_SIZE;
      stat->size = feed.source->size;
      return sizeof *stat;
    }
    case ZIP_SOURCE_ERROR: return zip_error_to_data(&feed.error, data, length);
    case ZIP_SOURCE_FREE: delete &feed; return 0;
    case ZIP_SOURCE_SUPPORTS:
      return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_CLOSE,
                                            ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, -1);
    default: zip_error_set(&feed.error, ZIP_ER_OPNOTSUPP, 0); return -1;
  }
}

}  // namespace

void ZipArchive::Close::operator()(zip* archive) const noexcept {
  zip_discard(archive);
}

void ZipArchive::refuse(zip_error* error, const std::string& what) const {
  if (*failure_) std::rethrow_exception(*failure_);
  // Without memory libzip may find that this is no archive: errno tells.
  const bool memory = zip_error_code_zip(error) == ZIP_ER_MEMORY || errno == ENOMEM;
  fail(memory ? ErrorKind::kResource : ErrorKind::kBadFile, "'{}'{}: {}", source_->name, what, zip_error_strerror(error));
}

ZipArchive::ZipArchive(Source source)
    : source_(std::make_unique<Source>(std::move(source))), failure_(std::make_unique<std::exception_ptr>()) {
  errno = 0;
  const auto finish = [](zip_error_t* error) { zip_error_fini(error); };
  zip_error_t error;
  zip_error_init(&error);
  const std::unique_ptr<zip_error_t, decltype(finish)> finished(&error, finish);
  auto feed = std::make_unique<Feed>(Feed{source_.get(), failure_.get()});
  zip_source_t* const input = zip_source_function_create(answer, feed.get(), &error);
  if (input == nullptr) refuse(&error, " is not an intact zip archive (is it cut short?)");
  (void)feed.release();  // libzip frees it through ZIP_SOURCE_FREE
  archive_.reset(zip_open_from_source(input, ZIP_RDONLY | ZIP_CHECKCONS, &error));
  if (!archive_) {
    zip_source_free(input);
    refuse(&error, " is not an intact zip archive (is it cut short?)");
  }
  const zip_int64_t count = zip_get_num_entries(archive_.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    const char* const name = zip_get_name(archive_.get(), static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW);
    names_.emplace_back(name == nullptr ? "" : name);
  }
}

bool ZipArchive::contains(const std::string& name) const {
  return std::ranges::find(names_, name) != names_.end();
}

uint64_t ZipArchive::index_of(const std::string& name) const {
  const zip_int64_t index = zip_name_locate(archive_.get(), name.c_str(), ZIP_FL_ENC_RAW);
  if (index < 0) fail(ErrorKind::kBadFile, "'{}' has no entry '{}', is it damaged?", source_->name, printable(name));
  return static_cast<uint64_t>(index);
}

uint64_t ZipArchive::size_of(const std::string& name) const {
  zip_stat_t stat;
  zip_stat_init(&stat);
  constexpr zip_uint64_t kNeeded = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  const bool known = zip_stat_index(archive_.get(), index_of(name), 0, &stat) == 0 && (stat.valid & kNeeded) == kNeeded;
  if (!known || stat.comp_method != ZIP_CM_STORE || stat.encryption_method != ZIP_EM_NONE || stat.comp_size != stat.size) {
    fail(ErrorKind::kBadFile, "'{}': its entry '{}' is compressed or encrypted, expected stored entries as PyTorch writes them",
         source_->name, printable(name));
  }
  if (stat.size > source_->size) {
    fail(ErrorKind::kBadFile, "'{}': its entry '{}' claims {} bytes, the whole file has {}", source_->name, printable(name),
         stat.size, source_->size);
  }
  return stat.size;
}

void ZipArchive::read(const std::string& name, std::span<std::byte> to) const {
  errno = 0;
  struct Done {
    void operator()(zip_file_t* file) const noexcept { zip_fclose(file); }
  };
  const std::unique_ptr<zip_file_t, Done> file(zip_fopen_index(archive_.get(), index_of(name), 0));
  size_t done = 0;
  zip_int64_t got = file ? 1 : -1;
  while (got > 0) {  // the read that finds the end compares the checksum
    std::byte beyond;
    const std::span<std::byte> rest = to.subspan(done);
    got = rest.empty() ? zip_fread(file.get(), &beyond, 1) : zip_fread(file.get(), rest.data(), rest.size());
    if (rest.empty() && got > 0) got = -1;
    if (got > 0) done += static_cast<size_t>(got);
  }
  if (got == 0 && done == to.size()) return;
  refuse(file ? zip_file_get_error(file.get()) : zip_get_error(archive_.get()),
         fmt::format(": its entry '{}' is damaged", printable(name)));
}

}  // namespace residual::io
