#include "data/loading/loader.h"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <stdexcept>
#include <thread>

#include "core/rng.h"
#include "data/loading/batches.h"
#include "data/transforms/random/augmentation.h"
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

TransformList bytes_only() {
  return TransformList({Decode{1}, RequireSize{{2, 3}}});
}

TransformList random_bytes() {
  return augmented(bytes_only(), std::vector<Transform>{RandomCrop{1}, RandomFlip{}});
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

TEST(Loader, OmitsTheLastBatchByOption) {
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
  std::vector<Seen> all;
  for (int threads : {1, 2, 4, 7}) {
    for (int prefetch : {1, 5}) {
      wanted.threads = threads;
      wanted.prefetch = prefetch;
      Loader loader(plain, random_bytes(), wanted);
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
  Loader loader(plain, random_bytes(), wanted);
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

TEST(Loader, BatchStaysValidUntilTheNextCall) {
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

TEST(Loader, PreparesNoMoreBatchesAheadThanItsOptionSays) {
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

TEST(Loader, ImageThatThePreprocessingRefusesIsNamed) {
  const Plain plain(10);
  Loader loader(plain, TransformList({Decode{1}, RequireSize{{9, 9}}}), options(5, 1));
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
  refused([](LoaderOptions& o) { o.world = 0; }, "0 ranks");
  refused([](LoaderOptions& o) { o.rank = 1; }, "rank is 1, expected 0 to 0");
  refused([](LoaderOptions& o) { o.batch_size = 1, o.world = 11, o.drop_last = true; }, "do not fill one batch of 11");
  refused([](LoaderOptions& o) { o.batch_size = 11, o.drop_last = true; }, "do not fill one batch");
  Loader loader(plain, bytes_only(), options(1 << 30, 1));
  EXPECT_EQ(run(loader, 0).counts, std::vector<int64_t>{10});
  expect_error([&] { loader.start_epoch(0, 2); }, ErrorKind::kUsage, {"batch 2 of 1"});
}

TEST(Batches, ShareEveryGlobalBatchInTheOrderOfTheRanks) {
  const auto bounds = [](int64_t rank) {
    const Batches batches{.samples = 21, .batch_size = 4, .world = 2, .rank = rank};
    std::vector<int64_t> all;
    for (int64_t b = 0; b < batches.count(); ++b) all.insert(all.end(), {batches.begin(b), batches.end(b)});
    return all;
  };
  EXPECT_EQ(bounds(0), (std::vector<int64_t>{0, 4, 8, 12, 16, 18}));
  EXPECT_EQ(bounds(1), (std::vector<int64_t>{4, 8, 12, 16, 18, 21}));
  EXPECT_EQ((Batches{.samples = 23, .batch_size = 4, .world = 2, .drop_last = true}.count()), 2);
}

TEST(Loader, RanksTogetherSeeEveryImageOnceAndEachTheSameForAnyNumberOfThreads) {
  const Plain plain(103);
  for (const int64_t world : {2, 3, 5}) {
    std::vector<int64_t> all;
    int64_t batches = -1;
    for (int64_t rank = 0; rank < world; ++rank) {
      std::vector<Seen> same;
      for (const int threads : {1, 2, 3}) {
        LoaderOptions wanted = options(7, threads);
        wanted.shuffle = true;
        wanted.rank = rank;
        wanted.world = world;
        Loader loader(plain, random_bytes(), wanted);
        same.push_back(run(loader, 4));
        EXPECT_TRUE(same.back() == same[0]);
        if (batches < 0) batches = loader.batches();
        EXPECT_EQ(loader.batches(), batches);
        EXPECT_EQ(static_cast<int64_t>(same.back().counts.size()), batches) << "every rank takes part in every batch";
      }
      all.insert(all.end(), same[0].samples.begin(), same[0].samples.end());
    }
    std::ranges::sort(all);
    std::vector<int64_t> every(103);
    std::iota(every.begin(), every.end(), 0);
    EXPECT_EQ(all, every);
  }
}

TEST(Loader, RanksTogetherMakeTheBatchesOfOneRank) {
  const Plain plain(100);
  LoaderOptions whole = options(12, 1);
  whole.shuffle = whole.drop_last = true;
  Loader one(plain, random_bytes(), whole);
  LoaderOptions part = whole;
  part.batch_size = 4;
  part.world = 3;
  std::vector<std::unique_ptr<Loader>> ranks;
  for (part.rank = 0; part.rank < 3; ++part.rank) ranks.push_back(std::make_unique<Loader>(plain, random_bytes(), part));
  one.start_epoch(1);
  for (const auto& loader : ranks) loader->start_epoch(1);
  int64_t count = 0;
  for (; const Batch* batch = one.next(); ++count) {
    std::vector<float> images;
    for (const auto& loader : ranks) {
      const Batch* share = loader->next();
      ASSERT_NE(share, nullptr);
      images.insert(images.end(), share->images.begin(), share->images.end());
    }
    EXPECT_EQ(images, std::vector<float>(batch->images.begin(), batch->images.end()));
  }
  EXPECT_EQ(count, 8);
  for (const auto& loader : ranks) EXPECT_EQ(loader->next(), nullptr);
}

TEST(Loader, RankWithoutAnImageInTheLastBatchGetsAnEmptyOne) {
  const Plain plain(9);
  LoaderOptions wanted = options(2, 2);
  wanted.world = 4;
  const auto counts = [&](int64_t rank) {
    wanted.rank = rank;
    Loader loader(plain, bytes_only(), wanted);
    return run(loader, 0).counts;
  };
  EXPECT_EQ(counts(0), (std::vector<int64_t>{2, 0}));
  EXPECT_EQ(counts(3), (std::vector<int64_t>{2, 1}));
}

// Memory of the caller for `count` batches of `batch` images of 2 x 3.
struct Staging {
  Staging(size_t count, size_t batch) : images(count, std::vector<float>(batch * 6, -1)), labels(count) {
    for (auto& each : labels) each.assign(batch, -1);
  }
  std::vector<StagingSlot> slots() {
    std::vector<StagingSlot> all;
    for (size_t i = 0; i < images.size(); ++i) all.push_back({images[i], labels[i]});
    return all;
  }
  std::vector<std::vector<float>> images;
  std::vector<std::vector<int64_t>> labels;
};

TEST(Loader, WritesIntoTheCallersSlotsInTurn) {
  const Plain plain(50);
  LoaderOptions wanted = options(8, 2);
  wanted.shuffle = true;
  Loader own(plain, random_bytes(), wanted);
  const Seen expected = run(own, 2);
  for (const size_t count : {1, 2, 3}) {
    Staging staging(count, 8);
    wanted.slots = staging.slots();
    Loader loader(plain, random_bytes(), wanted);
    EXPECT_TRUE(run(loader, 2) == expected);
    loader.start_epoch(2);
    while (const Batch* batch = loader.next()) {
      EXPECT_EQ(batch->slot, static_cast<size_t>(batch->index) % count);
      EXPECT_EQ(batch->images.data(), staging.images[batch->slot].data());
      EXPECT_EQ(batch->labels.data(), staging.labels[batch->slot].data());
    }
  }
}

TEST(Loader, KeepsTheLabelsItselfWhereASlotHasNone) {
  const Plain plain(20);
  Staging staging(2, 8);
  LoaderOptions wanted = options(8, 1);
  wanted.slots = staging.slots();
  for (StagingSlot& slot : wanted.slots) slot.labels = {};
  Loader loader(plain, bytes_only(), wanted);
  EXPECT_EQ(run(loader, 0).labels[7], 3);
  EXPECT_EQ(staging.labels[0], std::vector<int64_t>(8, -1));
}

TEST(Loader, PreparesTheNextBatchInTheOtherSlotAndLeavesTheCallersAlone) {
  const Plain plain(60);
  Staging staging(2, 10);
  LoaderOptions wanted = options(10, 3);
  wanted.slots = staging.slots();
  Loader loader(plain, bytes_only(), wanted);
  EXPECT_EQ(plain.reads, 0) << "nothing is written before an epoch starts";
  loader.start_epoch(0);
  for (int64_t b = 0; b < 6; ++b) {
    const Batch* batch = loader.next();
    ASSERT_NE(batch, nullptr);
    const int64_t prepared = std::min<int64_t>(b + 2, 6) * 10;  // this batch and the next
    for (int wait = 0; wait < 2000 && plain.reads < prepared; ++wait) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_EQ(plain.reads, prepared);
    for (size_t i = 0; i < 10; ++i)
      EXPECT_EQ(staging.images[batch->slot][i * 6], static_cast<float>(b * 10) + static_cast<float>(i));
  }
}

TEST(Loader, SlotsThatAreTooSmallAreRefused) {
  const Plain plain(20);
  Staging staging(2, 8);
  LoaderOptions wanted = options(9, 1);
  wanted.slots = staging.slots();
  expect_error([&] { Loader(plain, bytes_only(), wanted); }, ErrorKind::kUsage, {"staging slot 0", "9 images"});
  wanted.batch_size = 8;
  wanted.slots[1].labels = wanted.slots[1].labels.first(7);
  expect_error([&] { Loader(plain, bytes_only(), wanted); }, ErrorKind::kUsage, {"staging slot 1", "7 labels"});
}

}  // namespace
}  // namespace residual::data
