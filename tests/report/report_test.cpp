#include "train/report/report.h"
#include "core/text.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "core/log.h"
#include "report/folder.h"
#include "train/report/assets.h"
#include "train/report/text.h"

namespace residual::train {
namespace {

using report_test::Folder;
using report_test::text_of;
using ::testing::HasSubstr;
using ::testing::Not;

RunReport small_run() {
  RunReport report;
  report.title = "linear on shapes";
  report.command = "residual train --model linear --data shapes";
  report.facts = {{"Data", "shapes, 100 images"}};
  report.model = {"fc  10  30730", "total"};
  report.parameters = 30730;
  report.macs = 30720;
  report.epochs = {
      {1, 0.1, 2.0, 0.25, 2.1, 0.2, 3.0}, {2, 0.05, 1.5, 0.5, 1.75, 0.625, 4.0}, {3, 0.01, 1.25, 0.75, 1.8, 0.6, 3.0}};
  report.classes = {"circle", "square"};
  report.confusion = {{7, 3}, {0, 10}};
  report.best_note = "best was chosen on the test split";
  return report;
}

// The JSON that the page's script draws.
nlohmann::json data_of(const std::string& page) {
  const std::string open = "<script type=\"application/json\" id=\"run\">";
  const size_t begin = page.find(open) + open.size();
  return nlohmann::json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// The warnings of the library while it lives.
class Warnings {
 public:
  Warnings() {
    set_log_sink([this](LogLevel, std::string_view text) { text_ += std::string(text) + "\n"; });
  }
  ~Warnings() { set_log_sink({}); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Another PATH while it lives.
class SearchPath {
 public:
  explicit SearchPath(const std::string& path) : before_(std::getenv("PATH")) { ::setenv("PATH", path.c_str(), 1); }
  ~SearchPath() { ::setenv("PATH", before_.c_str(), 1); }

 private:
  std::string before_;
};

TEST(Report, ThePageHoldsTheRunAndTheCommandThatMadeIt) {
  const std::string page = report_html(small_run());
  for (const char* part : {"linear on shapes", "residual train --model linear --data shapes", "best was chosen on the test split",
                           "fc  10  30730\ntotal", "<dt>Data</dt><dd>shapes, 100 images</dd>", "<b>62.5%</b>", "at epoch 2 of 3",
                           "<b>30.7 k</b>", "Guessing would be right 50% of the time", "<b>10 s</b>"}) {
    EXPECT_THAT(page, HasSubstr(part));
  }
}

TEST(Report, ThePageNeedsNoNetwork) {
  const std::string page = report_html(small_run());
  EXPECT_THAT(page, HasSubstr(std::string(assets::kChartJs)));
  EXPECT_THAT(std::string(assets::kChartJs), HasSubstr("Chart.js v3"));
  EXPECT_EQ(count_of(std::string(assets::kChartJs), "</script"), 0U);
  std::string own = page;
  own.erase(own.find(assets::kChartJs), assets::kChartJs.size());
  for (const char* part : {"src=", "href=", "action=", "url(", "@import", "http:", "https:"})
    EXPECT_THAT(own, Not(HasSubstr(part)));
  EXPECT_THAT(own, HasSubstr("default-src 'none'"));
}

TEST(Report, TheCurvesAreDrawnFromTheValuesOfTheRun) {
  RunReport report = small_run();
  report.epochs[0].held_out_loss = EpochRecord::kNone;
  const nlohmann::json data = data_of(report_html(report));
  EXPECT_EQ(data["epochs"], (nlohmann::json{1, 2, 3}));
  EXPECT_EQ(data["learning_rates"], nlohmann::json::parse("[[1,0.1],[2,0.05],[3,0.01]]"));
  EXPECT_EQ(data["train_top1"], (nlohmann::json{25.0, 50.0, 75.0}));
  EXPECT_EQ(data["test_loss"], (nlohmann::json{nullptr, 1.75, 1.8}));
  EXPECT_EQ(data["best"], 2);
  EXPECT_EQ(data["split"], "test");
}

TEST(Report, TheLearningRateIsDrawnFromItsOwnMomentsWhereTheyAreKnown) {
  RunReport report = small_run();
  report.learning_rates = {{0, 0.01}, {0.125, 0.1}, {2.5, 0.02}};
  EXPECT_EQ(data_of(report_html(report))["learning_rates"], nlohmann::json::parse("[[0.0,0.01],[0.125,0.1],[2.5,0.02]]"));
}

TEST(Report, TheConfusionMatrixAndTheMistakesSayOfWhichImagesTheyAre) {
  RunReport report = small_run();
  report.mistakes = {{"1.png", 0, 1, 0.9, {std::byte{'M'}}}};
  EXPECT_THAT(report_html(report), HasSubstr("The 20 images, as the best model names them."));
  report.evaluated = "validation";
  EXPECT_THAT(report_html(report), HasSubstr("The 20 validation images, as the best model names them."));
  EXPECT_THAT(report_html(report), HasSubstr("The validation images that the best model is furthest from"));
}

TEST(Report, ALongTitleIsCutInTheCurvesBetweenCharacters) {
  const Folder folder;
  RunReport report = small_run();
  report.title = std::string(109, 'a') + "\u00fc and more";
  EXPECT_TRUE(write_curves(report, folder.path()));
  const std::string svg = text_of(folder / "curves.svg");
  EXPECT_THAT(svg, HasSubstr(std::string(109, 'a') + "\u2026"));
  EXPECT_THAT(svg, Not(HasSubstr("and more")));
  EXPECT_THAT(report_html(report), HasSubstr("and more"));
}

TEST(Report, TheBestEpochIsTheOneSaidOrElseTheFirstOfTheHighestAccuracy) {
  RunReport report = small_run();
  report.epochs[2].held_out_top1 = 0.625;
  EXPECT_EQ(best_of(report)->epoch, 2);
  report.best_epoch = 3;
  EXPECT_EQ(best_of(report)->epoch, 3);
  report.best_epoch = 9;
  EXPECT_EQ(best_of(report), nullptr);
  EXPECT_EQ(best_of(RunReport{}), nullptr);
}

TEST(Report, TheConfusionMatrixIsATableWithShades) {
  const std::string page = report_html(small_run());
  EXPECT_THAT(page, HasSubstr("title=\"7 of 10 “circle” were called “circle”\">7</td>"));
  EXPECT_THAT(page, HasSubstr("title=\"3 of 10 “circle” were called “square”\">3</td>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"zero\">0</td>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"share\">70.0%</td>"));
  EXPECT_THAT(page, HasSubstr("<b>circle → square</b><span>3 of 10, 30.0%</span>"));
  EXPECT_THAT(page, HasSubstr("style=\"--s:0.90\""));
}

TEST(Report, MoreClassesThanATableCanShowStillGiveTheMistakes) {
  RunReport report = small_run();
  report.classes.clear();
  report.confusion.assign(101, std::vector<int64_t>(101, 0));
  report.confusion[100][7] = 5;
  const std::string page = report_html(report);
  EXPECT_THAT(page, Not(HasSubstr("<table class=\"confusion")));
  EXPECT_THAT(page, HasSubstr("<b>class 100 → class 7</b><span>5 of 5, 100.0%</span>"));
}

TEST(Report, AConfusionMatrixThatIsNotSquareIsRefused) {
  RunReport report = small_run();
  report.confusion = {{1, 2}, {3}};
  EXPECT_EQ(report_test::kind_of([&] { report_html(report); }), ErrorKind::kUsage);
}

TEST(Report, TheWorstMistakesAreShownWithTheirImages) {
  RunReport report = small_run();
  EXPECT_THAT(report_html(report), Not(HasSubstr("Where it was most wrong")));
  // "Man", "Ma" and "M" are the examples of RFC 4648.
  report.mistakes = {{"test/1.png", 0, 1, 0.983, {std::byte{'M'}, std::byte{'a'}, std::byte{'n'}}},
                     {"<b>.png", 1, 7, 0.5, {std::byte{'M'}, std::byte{'a'}}},
                     {"3.png", 1, 0, 0.4, {std::byte{'M'}}}};
  const std::string page = report_html(report);
  EXPECT_THAT(page, HasSubstr("<li title=\"test/1.png\"><img alt=\"circle\" src=\"data:image/png;base64,TWFu\"><b>circle</b>"
                              "<span>→ square 98.3%</span></li>"));
  EXPECT_THAT(page, HasSubstr("base64,TWE=\"><b>square</b><span>→ class 7 50.0%"));
  EXPECT_THAT(page, HasSubstr("base64,TQ==\""));
  EXPECT_THAT(page, HasSubstr("title=\"&lt;b&gt;.png\""));
}

TEST(Report, HostileTextsStayTexts) {
  const std::string attack = "</script></title></style><script>alert(1)</script>\"'><img onerror=alert(1)>{{script}}\x01\xFF";
  RunReport report = small_run();
  report.title = report.command = report.best_note = report.split = attack;
  report.facts = {{attack, attack}};
  report.model = {attack};
  report.classes = {attack, attack};
  const std::string page = report_html(report), harmless = report_html(small_run());
  for (const char* part : {"<script", "</script", "<img", "</title", "</style"})
    EXPECT_EQ(count_of(page, part), count_of(harmless, part)) << part;
  EXPECT_EQ(count_of(page, std::string(assets::kScript)), 1U);
  EXPECT_EQ(page.find('\x01'), std::string::npos);
  EXPECT_EQ(data_of(page)["epochs"].size(), 3U);
}

TEST(Report, ARunWithoutAnythingIsStillAPage) {
  const std::string page = report_html(RunReport{});
  EXPECT_THAT(page, HasSubstr("No epoch has been finished yet"));
  EXPECT_THAT(page, Not(HasSubstr("<canvas")));
  EXPECT_THAT(page, Not(HasSubstr("id=\"confusion\"")));
}

TEST(Report, FiguresAreWrittenForPeople) {
  EXPECT_EQ(magnitude(9999), "9999");
  EXPECT_EQ(magnitude(272474), "272 k");
  EXPECT_EQ(magnitude(999999), "999 k");
  EXPECT_EQ(magnitude(25557032), "25.6 M");
  EXPECT_EQ(magnitude(4089284608), "4.089 G");
  EXPECT_EQ(duration(59.4), "59 s");
  EXPECT_EQ(duration(83), "1 min 23 s");
  EXPECT_EQ(duration(2472), "41 min 12 s");
  EXPECT_EQ(duration(8220), "2 h 17 min");
  EXPECT_EQ(percent(0.91534), "91.5%");
  EXPECT_EQ(percent(EpochRecord::kNone), "–");
  EXPECT_EQ(figure(0.000123456), "0.0001235");
}

TEST(Report, GnuplotDrawsTitleAxesAndLegend) {
  const Folder folder;
  const Warnings warnings;
  write_report(small_run(), folder.path());
  EXPECT_EQ(warnings.text(), "");
  EXPECT_EQ(text_of(folder / "report.html"), report_html(small_run()));
  EXPECT_EQ(text_of(folder / "curves.png").substr(0, 8), "\x89PNG\r\n\x1a\n");
  const std::string svg = text_of(folder / "curves.svg");
  for (const char* part :
       {"<svg", "</svg>", "linear on shapes", "Epoch", "Accuracy (%)", "Loss (mean per image)", ">train<", ">test<"}) {
    EXPECT_THAT(svg, HasSubstr(part));
  }
}

TEST(Report, CurvesOfOneEpochOrOfMissingValuesAreDrawn) {
  const Folder folder;
  const Warnings warnings;
  RunReport report = small_run();
  report.epochs.resize(1);
  EXPECT_TRUE(write_curves(report, folder.path()));
  report = small_run();
  report.epochs[1].held_out_loss = report.epochs[0].train_top1 = EpochRecord::kNone;
  EXPECT_TRUE(write_curves(report, folder.path()));
  for (EpochRecord& record : report.epochs)
    record.held_out_loss = record.held_out_top1 = record.train_loss = record.train_top1 = EpochRecord::kNone;
  EXPECT_TRUE(write_curves(report, folder.path()));
  EXPECT_EQ(warnings.text(), "");
}

TEST(Report, AHostileTitleDoesNotCommandGnuplot) {
  const Folder folder;
  const Warnings warnings;
  const std::string touch = "touch " + (folder / "broken").string();
  for (const std::string& attack :
       {"x'\nsystem '" + touch + "'\n", "`" + touch + "`", "$(" + touch + ")", "\" END_OF_RUN\nEND_OF_RUN\n!" + touch + "\n"}) {
    RunReport report = small_run();
    report.title = "@a {/Bold b} " + attack;
    report.split = "'; !" + touch;
    EXPECT_TRUE(write_curves(report, folder.path()));
    EXPECT_EQ(warnings.text(), "");
    EXPECT_FALSE(std::filesystem::exists(folder / "broken")) << attack;
    EXPECT_THAT(text_of(folder / "curves.svg"), HasSubstr("{/Bold b}"));
  }
}

TEST(Report, WithoutGnuplotTheRunGoesOnWithAWarning) {
  const Folder folder;
  const Warnings warnings;
  {
    const SearchPath nowhere(folder.path());
    write_report(small_run(), folder.path());
  }
  EXPECT_THAT(warnings.text(), HasSubstr("not installed"));
  EXPECT_TRUE(std::filesystem::exists(folder / "report.html"));
  EXPECT_FALSE(std::filesystem::exists(folder / "curves.svg"));
  EXPECT_FALSE(std::filesystem::exists(folder / "curves.png"));
}

TEST(Report, AGnuplotThatFailsIsQuoted) {
  const Folder folder;
  const Warnings warnings;
  std::ofstream(folder / "gnuplot") << "#!/bin/sh\necho no such terminal >&2\nexit 3\n";
  std::filesystem::permissions(folder / "gnuplot", std::filesystem::perms::owner_all);
  {
    const SearchPath here(folder.path());
    EXPECT_FALSE(write_curves(small_run(), folder.path()));
  }
  EXPECT_THAT(warnings.text(), HasSubstr("status 3: no such terminal"));
  EXPECT_FALSE(std::filesystem::exists(folder / "curves.svg"));
}

TEST(Report, AFolderThatCannotBeWrittenIsAResourceError) {
  const Folder folder;
  EXPECT_EQ(report_test::kind_of([&] { write_report(small_run(), folder / "none"); }), ErrorKind::kResource);
}

}  // namespace
}  // namespace residual::train
