#include "cli/reports/predictions.h"

#include <nlohmann/json.hpp>

#include "cli/terminal/output.h"
#include "core/json_text.h"

namespace residual::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kNoImage = "it is no image";

class Lines final : public PredictionWriter {
 public:
  void predictions(const std::string& image, const std::vector<Prediction>& predictions) override {
    std::string text = printable(image, kMostOfAPath) + "\n";
    for (const Prediction& prediction : predictions)
      text += fmt::format("  {:6.2f}%  {}\n", 100 * prediction.probability, printable(prediction.label));
    print(text);
  }
  void error(const std::string&, const std::string&) override {}
  void left_out(const std::string&) override {}
};

// What all forms of JSON have in common: an object for each image.
class Objects : public PredictionWriter {
 public:
  void predictions(const std::string& image, const std::vector<Prediction>& predictions) override {
    Json list = Json::array();
    for (const Prediction& prediction : predictions)
      list.push_back({{"class", prediction.label}, {"index", prediction.index}, {"probability", prediction.probability}});
    add({{"image", image}, {"predictions", list}});
  }
  void error(const std::string& image, const std::string& message) override { add({{"image", image}, {"error", message}}); }
  void left_out(const std::string& file) override { add({{"image", file}, {"left_out", kNoImage}}); }

 private:
  virtual void add(Json object) = 0;
};

class JsonList final : public Objects {
 public:
  void finish() override { print("{}\n", indented(list_)); }

 private:
  void add(Json object) override { list_.push_back(std::move(object)); }

  Json list_ = Json::array();
};

class JsonLines final : public Objects {
  void add(Json object) override { print("{}\n", object.dump(-1, ' ', false, Json::error_handler_t::replace)); }
};

class Csv final : public PredictionWriter {
 public:
  Csv() { print("image,rank,class,index,probability,note\r\n"); }
  void predictions(const std::string& image, const std::vector<Prediction>& predictions) override {
    std::string text;
    for (size_t i = 0; i < predictions.size(); ++i) {
      const Prediction& prediction = predictions[i];
      text += fmt::format("{},{},{},{},{},\r\n", quoted(image), i + 1, quoted(prediction.label), prediction.index,
                          prediction.probability);
    }
    print(text);
  }
  void error(const std::string& image, const std::string& message) override { note(image, message); }
  void left_out(const std::string& file) override { note(file, kNoImage); }

 private:
  static std::string quoted(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string result = "\"";
    for (const char letter : text) result += letter == '"' ? std::string("\"\"") : std::string(1, letter);
    return result + "\"";
  }
  static void note(const std::string& image, const std::string& text) { print("{},,,,,{}\r\n", quoted(image), quoted(text)); }
};

}  // namespace

std::unique_ptr<PredictionWriter> write_lines() {
  return std::make_unique<Lines>();
}
std::unique_ptr<PredictionWriter> write_json() {
  return std::make_unique<JsonList>();
}
std::unique_ptr<PredictionWriter> write_json_lines() {
  return std::make_unique<JsonLines>();
}
std::unique_ptr<PredictionWriter> write_csv() {
  return std::make_unique<Csv>();
}

}  // namespace residual::cli
