#include "eval/classes.h"

#include <fmt/ranges.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <new>
#include <numeric>

#include "core/error.h"
#include "core/json_text.h"
#include "eval/imagenet/imagenet.h"

namespace residual::eval {
namespace {

// Normal form C without regard to case; bytes that are not UTF-8 stay as they are.
std::string folded(const std::string& name) {
  utf8proc_uint8_t* text = nullptr;
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(name.data()), static_cast<utf8proc_ssize_t>(name.size()), &text,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD));
  if (size == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
  if (size < 0) return name;
  const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> owner(text, std::free);
  return {reinterpret_cast<const char*>(text), static_cast<size_t>(size)};
}

std::string as_it_is(const std::string& name) {
  return name;
}

// Places the classes of the data that have none yet, in the model's classes that nobody has yet.
class Matcher {
 public:
  Matcher(const std::vector<std::string>& data, int64_t model_classes)
      : data_(data), place_(data.size(), -1), taken_(static_cast<size_t>(model_classes)) {}

  // Whether any class was placed.
  bool by(const std::vector<std::string>& model, std::string (*key)(const std::string&)) {
    std::map<std::string, std::vector<size_t>> ours, theirs;
    for (size_t i = 0; i < data_.size(); ++i) {
      if (place_[i] < 0) ours[key(data_[i])].push_back(i);
    }
    for (size_t i = 0; i < model.size(); ++i) {
      if (!taken_[i]) theirs[key(model[i])].push_back(i);
    }
    bool any = false;
    for (const auto& [name, classes] : ours) {
      const auto found = theirs.find(name);
      if (found == theirs.end()) continue;
      if (classes.size() != found->second.size()) refuse(classes, found->second, model);
      for (size_t i = 0; i < classes.size(); ++i) take(classes[i], found->second[i]);
      any = true;
    }
    return any;
  }

  std::vector<int64_t> places() && { return std::move(place_); }

 private:
  void take(size_t ours, size_t theirs) {
    place_[ours] = static_cast<int64_t>(theirs);
    taken_[theirs] = true;
  }

  [[noreturn]] void refuse(const std::vector<size_t>& ours, const std::vector<size_t>& theirs,
                           const std::vector<std::string>& model) const {
    fail(ErrorKind::kUsage,
         "the class '{}' of the data may be any of {} classes of the model, and '{}' of the model any of {} of the data; give "
         "each a name of its own with --labels",
         printable(data_[ours.front()]), theirs.size(), printable(model[theirs.front()]), ours.size());
  }

  const std::vector<std::string>& data_;
  std::vector<int64_t> place_;
  std::vector<bool> taken_;
};

constexpr size_t kMostNamed = 10;

std::string list_of(const std::vector<std::string>& names) {
  std::vector<std::string> shown;
  for (const std::string& name : names) {
    if (shown.size() < kMostNamed) shown.push_back(printable(name));
  }
  const size_t more = names.size() - shown.size();
  return fmt::format("{}{}", fmt::join(shown, ", "), more == 0 ? "" : fmt::format(" and {} more", more));
}

// Numbers decide: `place` is the identity.
ClassMatch by_number(const std::vector<std::string>& data, int64_t model_classes, bool named) {
  if (static_cast<int64_t>(data.size()) != model_classes) {
    fail(ErrorKind::kUsage,
         "the data has {} classes, the network distinguishes {}, and {}; use data with the classes that it was trained on",
         data.size(), model_classes, named ? "no name is that of a class of both" : "the names of its classes are not known");
  }
  ClassMatch match;
  match.place.resize(data.size());
  std::iota(match.place.begin(), match.place.end(), int64_t{0});
  return match;
}

}  // namespace

ClassMatch match_classes(const std::vector<std::string>& data, const std::vector<std::string>& model, int64_t model_classes) {
  ClassMatch match;
  Matcher matcher(data, model_classes);
  bool exact = matcher.by(model, as_it_is);
  if (model == imagenet_names()) exact |= matcher.by(imagenet_ids(), as_it_is);
  const bool inexact = matcher.by(model, folded);
  if (!exact && !inexact) return by_number(data, model_classes, !model.empty());
  match.by = inexact ? ClassesBy::kFoldedNames : ClassesBy::kNames;
  match.place = std::move(matcher).places();
  for (size_t i = 0; i < data.size(); ++i) {
    if (match.place[i] < 0) match.unknown.push_back(data[i]);
  }
  return match;
}

std::string_view name_of(ClassesBy by) {
  switch (by) {
    case ClassesBy::kNames: return "names";
    case ClassesBy::kFoldedNames: return "folded names";
    case ClassesBy::kNumbers: break;
  }
  return "numbers";
}

std::string note_on(const ClassMatch& match, bool model_has_names) {
  if (match.by == ClassesBy::kNumbers) {
    return fmt::format("classes are matched by their numbers: {}",
                       model_has_names ? "none of the data's has the name of one of the model's" : "the model's have no names");
  }
  if (match.unknown.empty()) return {};
  return fmt::format("the model does not have {} of the {} classes of the data, whose images are left out: {}",
                     match.unknown.size(), match.place.size(), list_of(match.unknown));
}

std::unique_ptr<data::Dataset> as_numbered_by(const ClassMatch& match, const data::Dataset& dataset,
                                              const std::vector<std::string>& model) {
  std::vector<int64_t> same(match.place.size());
  std::iota(same.begin(), same.end(), int64_t{0});
  const bool as_many = model.empty() || model.size() == same.size();
  if (as_many && match.place == same) return nullptr;
  std::unique_ptr<data::Dataset> result = data::relabelled(dataset, model, match.place);
  if (result->size() == 0) fail(ErrorKind::kUsage, "{}: no image is of a class that the model has", dataset.description());
  return result;
}

}  // namespace residual::eval
