#include "train/report/confusion.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/error.h"
#include "train/report/text.h"

namespace residual::train {
namespace {

constexpr size_t kManyClasses = 12;   // narrower cells, upright names
constexpr size_t kShadesOnly = 30;    // above this, cells have no figures
constexpr size_t kMostClasses = 100;  // more would make the table unreadable
constexpr double kWhiteText = 0.55;   // darker shades have white figures

struct Pair {
  size_t truth = 0, guess = 0;
  int64_t count = 0, of = 0;
};

class Section {
 public:
  explicit Section(const RunReport& report) : report_(report), matrix_(report.confusion) {
    for (const auto& row : matrix_) {
      if (row.size() != matrix_.size()) {
        fail(ErrorKind::kUsage, "the confusion matrix has {} rows and a row of {} columns, expected a square", matrix_.size(),
             row.size());
      }
      int64_t total = 0;
      for (int64_t count : row) total += count;
      totals_.push_back(total);
    }
  }

  std::string text() {
    out_ = fmt::format(
        "<section id=\"confusion\">\n<h2>Which classes it mixes up</h2>\n<p class=\"hint\">{}. Each row is a true class, each "
        "column what the network said. Blue on the diagonal is right; the stronger an orange square, the more often that mistake "
        "was made.</p>\n<div class=\"matrix-and-list\">\n",
        images_text());
    if (matrix_.size() <= kMostClasses) table();
    pairs();
    out_ += "</div>\n</section>\n";
    return std::move(out_);
  }

 private:
  template <typename... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  // "The 2000 test images, as the best model names them"
  std::string images_text() const {
    int64_t images = 0;
    for (const int64_t total : totals_) images += total;
    return fmt::format("The {}{}{} images, as the best model names them", images, report_.evaluated.empty() ? "" : " ",
                       html(report_.evaluated));
  }

  std::string name(size_t label) const { return class_html(report_.classes, static_cast<int64_t>(label)); }

  double share(int64_t count, size_t row) const {
    return totals_[row] > 0 ? static_cast<double>(count) / static_cast<double>(totals_[row]) : 0;
  }

  void table() {
    const size_t size = matrix_.size();
    put("<div class=\"scroll\"><table class=\"confusion{}{}\">\n<thead><tr><th class=\"corner\">true \\ said</th>",
        size > kManyClasses ? " many" : "", size > kShadesOnly ? " crowd" : "");
    for (size_t column = 0; column < size; ++column) put("<th scope=\"col\" title=\"{0}\"><span>{0}</span></th>", name(column));
    out_ += "<th scope=\"col\">right</th></tr></thead>\n<tbody>\n";
    for (size_t row = 0; row < size; ++row) {
      put("<tr><th scope=\"row\" title=\"{0}\">{0}</th>", name(row));
      for (size_t column = 0; column < size; ++column) cell(row, column);
      put("<td class=\"share\">{}</td></tr>\n", percent(totals_[row] > 0 ? share(matrix_[row][row], row) : std::nan("")));
    }
    out_ += "</tbody></table></div>\n";
  }

  void cell(size_t row, size_t column) {
    const int64_t count = matrix_[row][column];
    if (count <= 0) {
      out_ += "<td class=\"zero\">0</td>";
      return;
    }
    // Mistakes are rare: the square root makes a few percent of them visible.
    const double part = share(count, row),
                 shade = row == column ? 0.12 + 0.78 * part : std::min(0.9, 0.08 + 0.92 * std::sqrt(part));
    put("<td class=\"{}{}\" style=\"--s:{:.2f}\" title=\"{} of {} “{}” were called “{}”\">{}</td>", row == column ? "r" : "w",
        shade >= kWhiteText ? " on" : "", shade, count, totals_[row], name(row), name(column), count);
  }

  void pairs() {
    std::vector<Pair> mistakes;
    for (size_t row = 0; row < matrix_.size(); ++row) {
      for (size_t column = 0; column < matrix_.size(); ++column) {
        if (row != column && matrix_[row][column] > 0) mistakes.push_back({row, column, matrix_[row][column], totals_[row]});
      }
    }
    const size_t shown = std::min<size_t>(mistakes.size(), matrix_.size() > kMostClasses ? 30 : 8);
    std::partial_sort(mistakes.begin(), mistakes.begin() + static_cast<ptrdiff_t>(shown), mistakes.end(),
                      [](const Pair& a, const Pair& b) {
                        return a.count != b.count ? a.count > b.count : std::pair(a.truth, a.guess) < std::pair(b.truth, b.guess);
                      });
    out_ += "<div class=\"mistakes\">\n<h3>Most frequent mistakes</h3>\n";
    if (shown == 0) out_ += "<p class=\"hint\">None: every image was named right.</p>\n";
    out_ += "<ul class=\"pairs\">\n";
    for (size_t i = 0; i < shown; ++i) {
      const Pair& pair = mistakes[i];
      put("<li><b>{} → {}</b><span>{} of {}, {}</span></li>\n", name(pair.truth), name(pair.guess), pair.count, pair.of,
          percent(share(pair.count, pair.truth)));
    }
    out_ += "</ul>\n</div>\n";
  }

  const RunReport& report_;
  const std::vector<std::vector<int64_t>>& matrix_;
  std::vector<int64_t> totals_;  // images of each true class
  std::string out_;
};

}  // namespace

std::string confusion_section(const RunReport& report) {
  return report.confusion.empty() ? std::string() : Section(report).text();
}

}  // namespace residual::train
