#include "data/overview/contact_sheet.h"

#include <algorithm>

#include "core/error.h"
#include "image/resize.h"

namespace residual::data {
namespace {

constexpr int64_t kCell = 64, kGap = 4, kMostRows = 200;

// In the middle of the cell whose upper left corner is given.
void paste(const Image& image, int64_t top, int64_t left, Image& sheet) {
  top += (kCell - image.height) / 2;
  left += (kCell - image.width) / 2;
  for (int64_t y = 0; y < image.height; ++y) {
    std::copy_n(image.pixels.begin() + y * image.width * 3, image.width * 3,
                sheet.pixels.begin() + ((top + y) * sheet.width + left) * 3);
  }
}

}  // namespace

ContactSheet contact_sheet(const Dataset& dataset, int64_t columns) {
  if (columns < 1 || columns > 100) fail(ErrorKind::kUsage, "a contact sheet of {} columns, 1 to 100 are possible", columns);
  const auto classes = static_cast<int64_t>(dataset.classes().size()), rows = std::min(classes, kMostRows);
  std::vector<std::vector<int64_t>> chosen(static_cast<size_t>(rows));
  for (int64_t i = 0; i < dataset.size(); ++i) {
    if (dataset.label(i) >= rows) continue;
    std::vector<int64_t>& row = chosen[static_cast<size_t>(dataset.label(i))];
    if (static_cast<int64_t>(row.size()) < columns) row.push_back(i);
  }
  ContactSheet sheet;
  sheet.columns = columns;
  sheet.omitted = classes - rows;
  sheet.rows.assign(dataset.classes().begin(), dataset.classes().begin() + rows);
  sheet.image = {3, rows * (kCell + kGap) + kGap, columns * (kCell + kGap) + kGap, {}};
  sheet.image.pixels.assign(static_cast<size_t>(3 * sheet.image.height * sheet.image.width), 255);
  for (int64_t row = 0; row < rows; ++row) {
    const std::vector<int64_t>& images = chosen[static_cast<size_t>(row)];
    for (size_t column = 0; column < images.size(); ++column) {
      Image image = fitted(dataset.image(images[column]), kCell);
      convert_channels(image, 3);
      paste(image, kGap + row * (kCell + kGap), kGap + static_cast<int64_t>(column) * (kCell + kGap), sheet.image);
    }
  }
  return sheet;
}

}  // namespace residual::data
