#include "data/loader.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <stdexcept>
#include <thread>

#include "core/rng.h"
#include "files.h"

namespace residual::data {
namespace {

// `count` images of 2 x 3; image i is filled with i mod 251 and has label i mod 4.
class Plain : public Dataset {
 public:
  explicit Plain(int64_t count, int64_t broken = -1) : count_(count), broken_(broken) {}
  int64_t size() const override { return count_; }
  int64_t label(int64_t index) const override { return index % 4; }
  void read(int64_t index, Image& image) const override {
    ++reads;
    if (index == broken_) fail(ErrorKind::kBadFile, "image {} is broken", index);
    image = {1, 2, 3, std::vector<uint8_t>(6, static_cast<uint8_t>(index % 251))};
  }
  std::string name(int64_t index) const override { return fmt::format("image {}", index); }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::string description() const override { return "plain"; }
  Shape image_shape() const override { return Shape{1, 2, 3}; }

  mutable std::atomic<int> reads = 0;

 private:
  int64_t count_, broken_;
  std::vector<std::string> classes_ = {"a", "b", "c", "d"};
};

Preprocessing bytes_only() {
  return Preprocessing({DecodeStep{1}, RequireSizeStep{{2, 3}}});
}

struct Seen {
  std::vector<float> images;
  std::vector<int64_t> labels, samples, counts, indices;
  bool operator==(const Seen&) const = default;
};

Seen run(Loader& loader, int64_t epoch, int64_t first = 0) {
  Seen seen;
  loader.start_epoch(epoch, first);
  while (const Batch* batch = loader.next()) {
    seen.images.insert(seen.images.end(), batch->images.begin(), batch->images.end());
    seen.labels.insert(seen.labels.end(), batch->labels.begin(), batch->labels.end());
    seen.samples.insert(seen.samples.end(), batch->samples.begin(), batch->samples.end());
    seen.counts.push_back(batch->count);
    seen.indices.push_back(batch->index);
  }
  return seen;
}

LoaderOptions options(int64_t batch, int threads) {
  LoaderOptions result;
  result.batch_size = batch;
  result.threads = threads;
  return result;
}

TEST(Loader, GivesEveryImageOnceInOrderWithItsLabel) {
  const Plain plain(103);
  Loader loader(plain, bytes_only(), options(20, 2));
  EXPECT_EQ(loader.batches(), 6);
  const Seen seen = run(loader, 0);
  EXPECT_EQ(seen.counts, (std::vector<int64_t>{20, 20, 20, 20, 20, 3}));
  EXPECT_EQ(seen.indices, (std::vector<int64_t>{0, 1, 2, 3, 4, 5}));
  ASSERT_EQ(seen.images.size(), 103U * 6);
  for (size_t i = 0; i < 103; ++i) {
    EXPECT_EQ(seen.samples[i], static_cast<int64_t>(i));
    EXPECT_EQ(seen.labels[i], static_cast<int64_t>(i % 4));
    for (size_t p = 0; p < 6; ++p) ASSERT_EQ(seen.images[i * 6 + p], static_cast<float>(i));
  }
}

TEST(Loader, LeavesOutTheLastBatchWhenAsked) {
  const Plain plain(103);
  LoaderOptions dropping = options(20, 1);
  dropping.drop_last = true;
  Loader loader(plain, bytes_only(), dropping);
  EXPECT_EQ(run(loader, 0).counts, std::vector<int64_t>(5, 20));
}

TEST(Loader, ShufflesAnewEachEpochByTheSeed) {
  const Plain plain(50);
  LoaderOptions shuffling = options(8, 2);
  shuffling.shuffle = true;
  shuffling.seed = 9;
  Loader loader(plain, bytes_only(), shuffling);
  EXPECT_EQ(run(loader, 3).samples, permutation(50, Rng(9, Purpose::kShuffle, 3)));
  EXPECT_NE(run(loader, 4).samples, run(loader, 3).samples);
}

TEST(Loader, GivesTheSameForAnyNumberOfThreads) {
  const Plain plain(300);
  LoaderOptions wanted = options(37, 1);
  wanted.shuffle = true;
  wanted.augmentation = {1, true};
  std::vector<Seen> all;
  for (int threads : {1, 2, 4, 7}) {
    for (int prefetch : {1, 5}) {
      wanted.threads = threads;
      wanted.prefetch = prefetch;
      Loader loader(plain, bytes_only(), wanted);
      run(loader, 0);
      all.push_back(run(loader, 1));
    }
  }
  for (const Seen& seen : all) EXPECT_TRUE(seen == all[0]);
}

TEST(Loader, ResumesInTheMiddleOfAnEpoch) {
  const Plain plain(100);
  LoaderOptions wanted = options(16, 2);
  wanted.shuffle = true;
  wanted.augmentation = {1, true};
  Loader loader(plain, bytes_only(), wanted);
  const Seen whole = run(loader, 2), rest = run(loader, 2, 4);
  EXPECT_EQ(rest.indices, (std::vector<int64_t>{4, 5, 6}));
  EXPECT_EQ(rest.samples, std::vector<int64_t>(whole.samples.begin() + 64, whole.samples.end()));
  EXPECT_EQ(rest.images, std::vector<float>(whole.images.begin() + 64 * 6, whole.images.end()));
  EXPECT_TRUE(run(loader, 2, 7).counts.empty());
}

TEST(Loader, EpochMayBeLeftAtAnyPoint) {
  const Plain plain(500);
  Loader loader(plain, bytes_only(), options(10, 3));
  const Seen whole = run(loader, 0);
  for (int taken = 0; taken < 20; ++taken) {
    loader.start_epoch(taken);
    for (int i = 0; i < taken; ++i) ASSERT_NE(loader.next(), nullptr);
    EXPECT_EQ(run(loader, 0), whole);
  }
  loader.start_epoch(0);
  loader.next();  // and the loader ends in the middle
}

TEST(Loader, BatchStaysValidUntilTheNextIsAskedFor) {
  const Plain plain(200);
  Loader loader(plain, bytes_only(), options(4, 4));
  loader.start_epoch(0);
  for (int64_t b = 0; b < 50; ++b) {
    const Batch* batch = loader.next();
    ASSERT_NE(batch, nullptr);
    std::this_thread::yield();
    for (int64_t i = 0; i < 4; ++i) ASSERT_EQ(batch->images[static_cast<size_t>(i) * 6], static_cast<float>(b * 4 + i));
  }
}

TEST(Loader, PreparesNoMoreBatchesThanItWasAskedTo) {
  const Plain plain(1000);
  LoaderOptions wanted = options(10, 2);
  wanted.prefetch = 2;
  Loader loader(plain, bytes_only(), wanted);
  loader.start_epoch(0);
  ASSERT_NE(loader.next(), nullptr);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_LE(plain.reads, 30);
}

TEST(Loader, ErrorOfAThreadSurfacesAtItsBatchAndTheLoaderCanGoOn) {
  const Plain plain(100, 57);
  for (int threads : {1, 4}) {
    Loader loader(plain, bytes_only(), options(10, threads));
    loader.start_epoch(0);
    for (int i = 0; i < 5; ++i) ASSERT_NE(loader.next(), nullptr);
    expect_error([&] { loader.next(); }, ErrorKind::kBadFile, {"image 57"});
    EXPECT_EQ(loader.next(), nullptr);
    loader.start_epoch(0, 6);
    EXPECT_EQ(loader.next()->index, 6);
  }
}

TEST(Loader, FirstOfSeveralErrorsInABatchIsTheOneReported) {
  class Broken : public Plain {
   public:
    Broken() : Plain(64) {}
    void read(int64_t index, Image&) const override { fail(ErrorKind::kBadFile, "number {} is broken", index); }
  };
  const Broken broken;
  for (int round = 0; round < 20; ++round) {
    Loader loader(broken, bytes_only(), options(64, 4));
    loader.start_epoch(0);
    expect_error([&] { loader.next(); }, ErrorKind::kBadFile, {"number 0 is"});
  }
}

TEST(Loader, ImageThatTheRecipeRefusesIsNamed) {
  const Plain plain(10);
  Loader loader(plain, Preprocessing({DecodeStep{1}, RequireSizeStep{{9, 9}}}), options(5, 1));
  loader.start_epoch(0);
  expect_error([&] { loader.next(); }, ErrorKind::kBadFile, {"image 0", "9 x 9"});
}

TEST(Loader, IsEmptyBeforeTheFirstEpoch) {
  const Plain plain(10);
  Loader loader(plain, bytes_only(), options(5, 1));
  EXPECT_EQ(loader.next(), nullptr);
}

TEST(Loader, OptionsOutOfRangeAreRefused) {
  const Plain plain(10);
  const auto refused = [&](auto change, const std::string& word) {
    LoaderOptions wanted = options(5, 1);
    change(wanted);
    expect_error([&] { Loader(plain, bytes_only(), wanted); }, ErrorKind::kUsage, {word});
  };
  refused([](LoaderOptions& o) { o.batch_size = 0; }, "batch size");
  refused([](LoaderOptions& o) { o.threads = 0; }, "threads");
  refused([](LoaderOptions& o) { o.prefetch = 0; }, "ahead");
  refused([](LoaderOptions& o) { o.augmentation.crop_padding = -1; }, "padding");
  refused([](LoaderOptions& o) { o.batch_size = 11, o.drop_last = true; }, "do not fill one batch");
  Loader loader(plain, bytes_only(), options(1 << 30, 1));
  EXPECT_EQ(run(loader, 0).counts, std::vector<int64_t>{10});
  expect_error([&] { loader.start_epoch(0, 2); }, ErrorKind::kUsage, {"batch 2 of 1"});
}

}  // namespace
}  // namespace residual::data
