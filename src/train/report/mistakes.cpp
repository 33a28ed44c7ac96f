#include "train/report/mistakes.h"

#include <fmt/format.h>

#include <iterator>

#include "image/formats/png_file.h"
#include "image/resize.h"
#include "train/report/text.h"

namespace residual::train {
namespace {

constexpr int64_t kSide = 64;  // pixels at most: keeps pages small, images recognisable

// RFC 4648, section 4.
std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(bytes.size() - i, 3);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? std::to_integer<uint32_t>(bytes[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k) text += k <= count ? kLetters[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

}  // namespace

std::string mistakes_section(const RunReport& report) {
  if (report.mistakes.empty()) return {};
  std::string text =
      "<section id=\"worst\">\n<h2>Where it was most wrong</h2>\n<p class=\"hint\">The " + html(report.evaluated) +
      (report.evaluated.empty() ? "" : " ") +
      "images that the best model is furthest from naming rightly: what each is, and what the network said, with the probability "
      "it gave that.</p>\n<ul class=\"worst\">\n";
  for (const ReportedMistake& mistake : report.mistakes) {
    const std::string truth = class_html(report.classes, mistake.truth), guess = class_html(report.classes, mistake.guess);
    fmt::format_to(std::back_inserter(text),
                   "<li title=\"{}\"><img alt=\"{}\" src=\"data:image/png;base64,{}\"><b>{}</b><span>→ {} {}</span></li>\n",
                   html(mistake.name), truth, base64(mistake.png), truth, guess, percent(mistake.probability));
  }
  return text + "</ul>\n</section>\n";
}

std::vector<ReportedMistake> reported_mistakes(const eval::Evaluation& evaluation, const data::Dataset& dataset) {
  std::vector<ReportedMistake> result;
  for (const eval::Mistake& mistake : evaluation.worst) {
    result.push_back({dataset.name(mistake.index), mistake.label, mistake.predicted, mistake.probability,
                      encode_png(fitted(dataset.image(mistake.index), kSide))});
  }
  return result;
}

}  // namespace residual::train
