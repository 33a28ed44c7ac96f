// Which class of a model each class of the data is: their names decide.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.h"
#include "residual/classes.h"

namespace residual::eval {

struct ClassMatch {
  ClassesBy by = ClassesBy::kNumbers;
  std::vector<int64_t> place;        ///< of each class of the data: its number in the model; -1 where the model does not have it
  std::vector<std::string> unknown;  ///< the names of those
};

/// data, model: names in the order of the classes; `model` is empty where its names are not known. Each class of the data has the
/// model's class of the same name, or else of the same name in Unicode's normal form C without regard to case. A model with
/// ImageNet's names knows these classes by their WordNet ids too. Numbers decide only where no name agrees. Throws Error (kUsage)
/// for a name that several classes have, and for another number of classes where numbers would decide.
ClassMatch match_classes(const std::vector<std::string>& data, const std::vector<std::string>& model, int64_t model_classes);

/// "names", "folded names", "numbers".
std::string_view name_of(ClassesBy by);

/// A line for the user about what is not evident: that numbers decide, or which classes the model does not have. Empty where all
/// names agree.
std::string note_on(const ClassMatch& match, bool model_has_names);

/// The images whose class the model has, labelled as the model numbers them; null where that changes nothing. `dataset` must
/// outlive it. Throws Error (kUsage) when there is none.
std::unique_ptr<data::Dataset> as_numbered_by(const ClassMatch& match, const data::Dataset& dataset,
                                              const std::vector<std::string>& model);

}  // namespace residual::eval
