// What a loader thread does when there is no memory: operator new of this program refuses large blocks on demand.
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "data/loading/loader.h"
#include "data/transforms/random/augmentation.h"
#include "files.h"

namespace {
std::atomic<size_t> least_refused{SIZE_MAX};  // bytes
}

void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  return bytes < least_refused ? std::malloc(bytes == 0 ? 1 : bytes) : nullptr;
}
void* operator new(size_t bytes) {
  void* memory = operator new(bytes, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace residual::data {
namespace {

TEST(LoaderMemory, ThatIsMissingInAThreadIsReportedAtTheBatchAndTheLoaderCanGoOn) {
  OpenOptions shapes;
  shapes.path = "shapes";
  shapes.train_size = shapes.test_size = 4;
  shapes.shapes_height = shapes.shapes_width = 8;
  const DataSource source = open_data(shapes);
  // 3 MiB of floats an image, from 768 KiB of bytes.
  const TransformList large({Decode{3}, CenterCrop{{512, 512}}, Divide{255}});
  least_refused = size_t{1} << 20;
  Loader loader(*source.test, augmented(large, std::vector<Transform>{RandomCrop{1}}), {.batch_size = 2});
  loader.start_epoch(0);
  EXPECT_THROW(loader.next(), std::bad_alloc);
  least_refused = SIZE_MAX;
  EXPECT_EQ(loader.next(), nullptr);
  loader.start_epoch(0);
  EXPECT_NE(loader.next(), nullptr);
}

TEST(LoaderMemory, ThatIsMissingWhileThreadsStartIsReportedAtOnce) {
  OpenOptions shapes;
  shapes.path = "shapes";
  shapes.train_size = shapes.test_size = 4;
  shapes.shapes_height = shapes.shapes_width = 8;
  const DataSource source = open_data(shapes);
  const TransformList small({Decode{3}, RequireSize{{8, 8}}, Divide{255}});
  least_refused = 8192;  // the list of more than 256 threads, of 16 bytes each; nothing else is as large
  EXPECT_THROW(Loader(*source.test, small, {.batch_size = 2, .threads = 300}), std::bad_alloc);
  least_refused = SIZE_MAX;
}

}  // namespace
}  // namespace residual::data
