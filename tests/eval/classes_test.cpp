// Names decide which class of a model a class of the data is.
#include "eval/classes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "data/memory_dataset.h"
#include "data/preprocessing/presets.h"
#include "eval/evaluate.h"
#include "eval/imagenet/imagenet.h"
#include "support/surroundings.h"
#include "support/targets.h"

namespace residual::eval {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Names = std::vector<std::string>;

ClassMatch match(const Names& data, const Names& model) {
  return match_classes(data, model, static_cast<int64_t>(model.size()));
}

std::string refusal(const Names& data, const Names& model, int64_t classes) {
  try {
    match_classes(data, model, classes);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "nothing was refused";
}

TEST(ClassNames, AreFoundInAnyOrder) {
  const ClassMatch found = match({"cat", "ant", "bee"}, {"ant", "bee", "cat"});
  EXPECT_EQ(found.by, ClassesBy::kNames);
  EXPECT_THAT(found.place, ElementsAre(2, 0, 1));
  EXPECT_THAT(found.unknown, IsEmpty());
}

TEST(ClassNames, MayBeAFewOfTheModels) {
  EXPECT_THAT(match({"cat", "bee"}, {"ant", "bee", "cat"}).place, ElementsAre(2, 1));
}

TEST(ClassNames, OfWhichTheModelHasSomeAreFoundAndTheOthersListed) {
  const ClassMatch found = match({"bee", "cat", "dog"}, {"ant", "bee", "cat"});
  EXPECT_EQ(found.by, ClassesBy::kNames);
  EXPECT_THAT(found.place, ElementsAre(1, 2, -1));
  EXPECT_THAT(found.unknown, ElementsAre("dog"));
  EXPECT_THAT(note_on(found, true), HasSubstr("1 of the 3 classes of the data, whose images are left out: dog"));
}

TEST(ClassNames, AgreeButForCaseAndComposedLetters) {
  // Å as one letter and as A with a ring above; ß folds to ss; Greek sigmas.
  const ClassMatch found = match({"CAT",
                                  "stra\xC3\x9F"
                                  "e",
                                  "A\xCC\x8Angstrom", "\xCE\xA3\xCE\xBF\xCF\x82"},
                                 {"\xC3\x85ngstrom", "cat", "\xCF\x83\xCE\xBF\xCF\x83", "STRASSE"});
  EXPECT_EQ(found.by, ClassesBy::kFoldedNames);
  EXPECT_THAT(found.place, ElementsAre(1, 3, 0, 2));
}

TEST(ClassNames, ThatAreExactGoBeforeFoldedOnes) {
  EXPECT_THAT(match({"cat", "Cat"}, {"Cat", "cat"}).place, ElementsAre(1, 0));
  const ClassMatch mixed = match({"Cat", "cat", "DOG"}, {"cat", "dog"});
  EXPECT_THAT(mixed.place, ElementsAre(-1, 0, 1)) << "the model's cat is taken by the exact name";
  EXPECT_THAT(mixed.unknown, ElementsAre("Cat"));
}

TEST(ClassNames, ThatAreNotUtf8AreComparedByteByByte) {
  EXPECT_THAT(match({"\xFF"
                     "A",
                     "b"},
                    {"B",
                     "\xFF"
                     "A"})
                  .place,
              ElementsAre(1, 0));
  EXPECT_THAT(match({"\xFF"
                     "a",
                     "b"},
                    {"B",
                     "\xFF"
                     "A"})
                  .place,
              ElementsAre(-1, 0));
}

TEST(ClassNames, OfSeveralClassesAreRefusedUnlessBothHaveAsMany) {
  EXPECT_THAT(refusal({"crane", "bee"}, {"crane", "bee", "crane"}, 3), HasSubstr("'crane' of the data may be any of 2 classes"));
  EXPECT_THAT(refusal({"Cat", "CAT"}, {"cat", "dog"}, 2), HasSubstr("any of 2 of the data"));
  EXPECT_THAT(match({"crane", "bee", "crane"}, {"crane", "crane", "bee"}).place, ElementsAre(0, 2, 1));
}

TEST(ClassNames, LeaveItToNumbersWhereNoneAgrees) {
  const ClassMatch found = match({"0", "1", "2"}, {"ant", "bee", "cat"});
  EXPECT_EQ(found.by, ClassesBy::kNumbers);
  EXPECT_THAT(found.place, ElementsAre(0, 1, 2));
  EXPECT_THAT(note_on(found, true), HasSubstr("matched by their numbers"));
  const ClassMatch unnamed = match_classes({"a", "b"}, {}, 2);
  EXPECT_EQ(unnamed.by, ClassesBy::kNumbers);
  EXPECT_THAT(note_on(unnamed, false), HasSubstr("have no names"));
  EXPECT_THAT(refusal({"a", "b"}, {"x", "y", "z"}, 3), HasSubstr("the data has 2 classes, the network distinguishes 3"));
  EXPECT_THAT(refusal({"a", "b"}, {}, 3), HasSubstr("not known"));
}

TEST(ClassNames, OfImagenetAreKnownByTheirWordnetIdsToo) {
  ASSERT_EQ(imagenet_names().size(), 1000U);
  EXPECT_EQ(imagenet_names()[0], "tench");
  EXPECT_EQ(imagenet_names()[999], "toilet tissue");
  const ClassMatch found = match_classes({"n01440764", "n03888257", "goldfish"}, imagenet_names(), 1000);
  EXPECT_EQ(found.by, ClassesBy::kNames);
  EXPECT_THAT(found.place, ElementsAre(0, 701, 1));
  EXPECT_EQ(match_classes({"n01440764", "b"}, {"a", "b"}, 2).unknown, Names{"n01440764"}) << "not ImageNet's classes";
}

TEST(ImagenetClasses, AreSortedByIdAndAllDifferent) {
  EXPECT_TRUE(std::ranges::is_sorted(imagenet_ids()));
  for (Names list : {imagenet_names(), imagenet_ids()}) {
    std::ranges::sort(list);
    EXPECT_EQ(std::ranges::adjacent_find(list), list.end());
  }
}

// The photographs are called after their id and name, "n02007558_flamingo.JPEG", by another program.
TEST(ImagenetClasses, HaveTheIdsAndNamesOfThePhotographs) {
  const std::filesystem::path folder = support::shared_data("photos");
  if (folder.empty()) GTEST_SKIP() << "the photographs are not there; RESIDUAL_SHARED can name the folder of data/photos";
  int checked = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string file = entry.path().stem().string();
    std::string name = file.substr(10);
    std::ranges::replace(name, '_', ' ');
    const auto found = std::ranges::find(imagenet_ids(), file.substr(0, 9));
    ASSERT_NE(found, imagenet_ids().end()) << file;
    EXPECT_EQ(imagenet_names()[static_cast<size_t>(found - imagenet_ids().begin())], name);
    ++checked;
  }
  EXPECT_GT(checked, 50);
}

// A network of one pixel whose classes are red, green and blue.
Model colours(Names labels) {
  models::Architecture architecture;
  architecture.model = "linear";
  architecture.input = Shape{3, 1, 1};
  architecture.classes = 3;
  State state = initial_state(models::inference_graph(architecture, 1), 1);
  Tensor weight(DType::kF32, Shape{3, 3}), bias(DType::kF32, Shape{3});
  std::ranges::fill(bias.as<float>(), 0.0F);
  for (size_t i = 0; i < 9; ++i) weight.as<float>()[i] = i % 4 == 0 ? 5.0F : 0.0F;
  state.set("linear.weight", std::move(weight));
  state.set("linear.bias", std::move(bias));
  return {architecture, data::divided_by_255(architecture.input), std::move(labels), std::move(state), {}};
}

const Image kRed{3, 1, 1, {255, 0, 0}}, kGreen{3, 1, 1, {0, 255, 0}}, kBlue{3, 1, 1, {0, 0, 255}};

Evaluation evaluated(const Model& model, const std::vector<Image>& images, const std::vector<int64_t>& labels, Names classes) {
  const auto dataset = data::memory_dataset(images, labels, std::move(classes));
  return evaluate(model, *dataset, {.target = support::reference_target(1), .batch_size = 2, .worst = 3});
}

TEST(ClassNames, OfTheDataDecideWhatIsRight) {
  const Evaluation result =
      evaluated(colours({"ant", "bee", "cat"}), {kGreen, kBlue, kRed, kGreen}, {0, 1, 2, 2}, {"bee", "cat", "dog"});
  EXPECT_EQ(result.images, 2);
  EXPECT_EQ(result.correct, 2);
  EXPECT_EQ(result.classes_by, ClassesBy::kNames);
  EXPECT_THAT(result.unknown_classes, ElementsAre("dog"));
  EXPECT_EQ(result.images_left_out, 2);
  EXPECT_THAT(result.confusion[1], ElementsAre(0, 1, 0));
}

TEST(ClassNames, OfASubsetAreEvaluatedAmongAllClassesOfTheModel) {
  const Evaluation result = evaluated(colours({"ant", "bee", "cat"}), {kBlue, kRed}, {0, 1}, {"cat", "bee"});
  EXPECT_EQ(result.images, 2);
  EXPECT_EQ(result.correct, 1);
  EXPECT_THAT(result.confusion[1], ElementsAre(1, 0, 0)) << "a bee is taken for an ant, which the data do not have";
  EXPECT_EQ(result.images_left_out, 0);
}

TEST(ClassNames, LeaveMistakesTheirNumberInTheDataSet) {
  const Evaluation result = evaluated(colours({"ant", "bee", "cat"}), {kRed, kGreen, kRed}, {0, 1, 1}, {"dog", "bee"});
  ASSERT_EQ(result.worst.size(), 1U);
  EXPECT_EQ(result.worst[0].index, 2);
  EXPECT_EQ(result.worst[0].label, 1);
  EXPECT_EQ(result.worst[0].predicted, 0);
}

TEST(ClassNames, OfWhichNoImageIsLeftAreRefused) {
  EXPECT_THROW(evaluated(colours({"ant", "bee", "cat"}), {kRed}, {0}, {"dog", "bee"}), Error);
}

}  // namespace
}  // namespace residual::eval
