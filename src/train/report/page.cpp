// The report's page: the template page.html filled with this run.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string_view>

#include "core/text.h"
#include "train/report/assets.h"
#include "train/report/confusion.h"
#include "train/report/mistakes.h"
#include "train/report/report.h"
#include "train/report/text.h"

namespace residual::train {
namespace {

using Places = std::map<std::string_view, std::string>;

// Replaces the {{placeholders}} of the template in one pass: inserted texts are not scanned, so {{ in them is kept.
std::string fill(std::string_view frame, const Places& places) {
  std::string page;
  for (;;) {
    const size_t open = frame.find("{{");
    page += frame.substr(0, open);
    if (open == std::string_view::npos) return page;
    const size_t close = frame.find("}}", open);
    page += places.at(frame.substr(open + 2, close - open - 2));
    frame.remove_prefix(close + 2);
  }
}

std::string headline(const RunReport& report) {
  const EpochRecord* best = best_of(report);
  std::string text;
  if (best == nullptr || !std::isfinite(best->held_out_top1)) {
    text = report.epochs.empty() ? "<p class=\"lead\">No epoch has been finished yet.</p>" : "";
  } else {
    text = fmt::format(
        "<p class=\"lead\">Of the {} images, which it has never learned from, the network names <b>{}</b> correctly, at epoch "
        "{} "
        "of {}.",
        html(report.split), percent(best->held_out_top1), best->epoch, report.epochs.back().epoch);
    if (const size_t classes = std::max(report.classes.size(), report.confusion.size()); classes > 1) {
      text += fmt::format(" Guessing would be right {:.3g}% of the time.", 100 / static_cast<double>(classes));
    }
    text += "</p>";
  }
  if (!report.best_note.empty()) text += fmt::format("\n<p class=\"note\">{}</p>", html(report.best_note));
  return text;
}

std::string cards(const RunReport& report) {
  std::string text = "<ul class=\"cards\">\n";
  const auto card = [&](const std::string& value, const std::string& name) {
    text += fmt::format("<li><b>{}</b><span>{}</span></li>\n", html(value), html(name));
  };
  if (const EpochRecord* best = best_of(report)) {
    card(percent(best->held_out_top1), fmt::format("best {} accuracy", report.split));
    card(figure(best->held_out_loss), fmt::format("{} loss there", report.split));
  }
  if (!report.epochs.empty()) {
    card(percent(report.epochs.back().train_top1), "last train accuracy");
    card(std::to_string(report.epochs.back().epoch), report.epochs.back().epoch == 1 ? "epoch" : "epochs");
  }
  if (report.parameters > 0) card(magnitude(report.parameters), "parameters");
  if (report.macs > 0) card(magnitude(report.macs), "multiply-adds an image");
  const bool timed =
      !report.epochs.empty() && std::all_of(report.epochs.begin(), report.epochs.end(), [](const auto& e) { return e.seconds; });
  if (timed) {
    card(duration(std::accumulate(report.epochs.begin(), report.epochs.end(), 0.0,
                                  [](double sum, const auto& e) { return sum + *e.seconds; })),
         "of training");
  }
  return text + "</ul>\n";
}

std::string epoch_table(const RunReport& report) {
  const bool timed = std::any_of(report.epochs.begin(), report.epochs.end(), [](const auto& e) { return e.seconds.has_value(); });
  const std::string split = html(report.split);
  std::string text = fmt::format(
      "<details><summary>All epochs as a table</summary>\n<div class=\"scroll\"><table "
      "class=\"epochs\">\n<thead><tr><th>Epoch</th>"
      "<th>Learning rate</th><th>Train loss</th><th>Train accuracy</th><th>{0} loss</th><th>{0} "
      "accuracy</th>{1}</tr></thead>\n<tbody>\n",
      split, timed ? "<th>Time</th>" : "");
  const EpochRecord* best = best_of(report);
  for (const EpochRecord& record : report.epochs) {
    text += fmt::format("<tr{}><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>",
                        &record == best ? " class=\"best\"" : "", record.epoch, figure(record.learning_rate),
                        figure(record.train_loss), percent(record.train_top1), figure(record.held_out_loss),
                        percent(record.held_out_top1));
    if (timed) text += fmt::format("<td>{}</td>", record.seconds ? duration(*record.seconds) : "–");
    text += "</tr>\n";
  }
  return text + "</tbody></table></div></details>\n";
}

std::string curves_section(const RunReport& report) {
  if (report.epochs.empty()) return {};
  const std::string split = html(report.split);
  std::string text = fmt::format(
      "<section id=\"curves\">\n<h2>How it learned</h2>\n<p class=\"hint\">An epoch is one pass over all training images. When "
      "the train curve goes "
      "on improving and the {0} curve does not, the network learns its images by heart. The large point is the best "
      "epoch.</p>\n<div "
      "class=\"charts\">\n",
      split);
  const auto chart = [&](std::string_view id, std::string_view title, bool wide) {
    text += fmt::format(
        "<figure{}><figcaption>{}</figcaption><div class=\"plot\"><canvas id=\"{}\" role=\"img\" aria-label=\"{} over the "
        "epochs\">"
        "</canvas></div></figure>\n",
        wide ? " class=\"wide\"" : "", title, id, title);
  };
  chart("accuracy", "Accuracy (higher is better)", false);
  chart("loss", "Loss (lower is better)", false);
  chart("rate", "Learning rate, step by step", true);
  return text + "</div>\n" + epoch_table(report) + "</section>\n";
}

std::string run_section(const RunReport& report) {
  std::string text =
      "<section id=\"made\">\n<h2>How it was made</h2>\n<p class=\"hint\">The same command, with the same threads and kernels, "
      "gives the same "
      "network.</p>\n";
  if (!report.command.empty()) {
    text += fmt::format(
        "<div class=\"copyable\"><pre class=\"command\" id=\"command\">{}</pre><button type=\"button\" id=\"copy\" "
        "hidden>Copy</button></div>\n",
        html(report.command));
  }
  if (!report.facts.empty()) {
    text += "<dl>\n";
    for (const auto& [name, value] : report.facts) text += fmt::format("<dt>{}</dt><dd>{}</dd>\n", html(name), html(value));
    text += "</dl>\n";
  }
  if (!report.model.empty()) {
    text += fmt::format("<details><summary>The model, layer by layer</summary>\n<pre>{}</pre></details>\n",
                        html(fmt::format("{}", fmt::join(report.model, "\n"))));
  }
  return text + "</section>\n";
}

// The data for the page's script. `<` is written as an escape, so that no text can end the element that contains it.
std::string data(const RunReport& report) {
  nlohmann::ordered_json run{{"split", report.split}, {"best", 0}};
  if (const EpochRecord* best = best_of(report)) run["best"] = best->epoch;
  const auto column = [&](const char* name, const auto& value) {
    nlohmann::ordered_json& list = run[name] = nlohmann::ordered_json::array();
    for (const EpochRecord& record : report.epochs) list.push_back(value(record));
  };
  column("epochs", [](const EpochRecord& r) { return r.epoch; });
  nlohmann::ordered_json& rates = run["learning_rates"] = nlohmann::ordered_json::array();
  for (const ScheduledRate& rate : report.learning_rates) rates.push_back({rate.epoch, rate.learning_rate});
  if (report.learning_rates.empty()) {
    for (const EpochRecord& record : report.epochs) rates.push_back({record.epoch, record.learning_rate});
  }
  column("train_loss", [](const EpochRecord& r) { return r.train_loss; });
  column("train_top1", [](const EpochRecord& r) { return r.train_top1 * 100; });
  column("test_loss", [](const EpochRecord& r) { return r.held_out_loss; });
  column("test_top1", [](const EpochRecord& r) { return r.held_out_top1 * 100; });
  std::string escaped;
  for (const char c : run.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)) {
    c == '<' ? escaped += "\\u003c" : escaped += c;
  }
  return escaped;
}

}  // namespace

std::string report_html(const RunReport& report) {
  return fill(assets::kPage, {{"title", html(report.title)},
                              {"style", std::string(assets::kStyle)},
                              {"headline", headline(report)},
                              {"cards", cards(report)},
                              {"curves", curves_section(report)},
                              {"confusion", confusion_section(report)},
                              {"mistakes", mistakes_section(report)},
                              {"run", run_section(report)},
                              {"data", data(report)},
                              {"chart_js", std::string(assets::kChartJs)},
                              {"script", std::string(assets::kScript)}});
}

}  // namespace residual::train
