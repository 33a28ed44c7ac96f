#include "convert/recognition/recognise.h"

#include <algorithm>
#include <array>
#include <span>

#include "convert/names/prefixes.h"
#include "convert/recognition/candidates.h"
#include "core/error.h"
#include "models/table.h"

namespace residual::convert {
namespace {

// Whether the network has enough of the file's names to be worth a closer look.
bool shares_names(const models::Architecture& architecture, const Found& found, const Builder& build) {
  const std::shared_ptr<const Expected> expected = expected_of(architecture, build);
  const auto shared =
      std::ranges::count_if(found.spelled, [&](const auto& name) { return expected->spelled.contains(name.first); });
  return 4 * static_cast<size_t>(shared) >= found.spelled.size();
}

// The few best fits, best first; of two that are equally good the one that came first.
class Nearest {
 public:
  // A network that does not have the choice or depth is not a candidate.
  void consider(const models::Architecture& architecture, const Found& found, const Builder& build) {
    try {
      if (!shares_names(architecture, found, build)) return;
      Fit candidate = fit(architecture, found, build);
      fits_.insert(std::ranges::upper_bound(fits_, candidate, better), std::move(candidate));
      if (fits_.size() > kNearest) fits_.pop_back();
    } catch (const Error&) {
    }
  }
  std::vector<Fit>& fits() { return fits_; }

  // Whether no other network can be a better fit than the first.
  bool settled() const {
    return !fits_.empty() && fits_.front().differences.empty() && rank_among_equals(fits_.front().architecture) == 0;
  }

 private:
  static constexpr size_t kNearest = 4;
  std::vector<Fit> fits_;
};

Nearest nearest_of(const std::vector<std::string>& names, const Found& found, const Traits& traits, const Builder& build) {
  Nearest nearest;
  for (const std::string& name : names) {
    const models::Architecture candidate = models::published(name);
    nearest.consider(candidate, found, build);
    if (traits.separable || traits.bare) nearest.consider(with_traits(candidate, traits), found, build);
  }
  return nearest;
}

// Whether enough names begin as those of some network do; see shares_names.
bool has_known_names(const Found& found) {
  const auto known =
      std::ranges::count_if(found.spelled, [](const auto& name) { return is_known_beginning(beginning_of(name.first)); });
  return 4 * static_cast<size_t>(known) >= found.spelled.size();
}

std::optional<Fit> recognise_under(const std::string& prefix, const Shapes& shapes, const Builder& build) {
  const Found found = found_under(shapes, prefix);
  if (!has_known_names(found)) return std::nullopt;
  const Traits traits(found.inside);
  const std::vector<std::string> names = candidate_names(found);
  Nearest nearest = nearest_of(able_to_fit(names, found, traits), found, traits, build);
  if (!nearest.settled()) nearest = nearest_of(names, found, traits, build);
  std::vector<models::Architecture> bases;  // those that are worth the time that their variants take
  for (const Fit& fit : nearest.fits()) {
    if (4 * fit.names.size() >= found.spelled.size()) bases.push_back(fit.architecture);
  }
  if (bases.empty()) return std::nullopt;
  if (!nearest.settled()) {
    for (const models::Architecture& base : bases) {
      for (const models::Architecture& variant : variants(base, traits)) nearest.consider(variant, found, build);
    }
  }
  if (!nearest.fits().front().differences.empty()) {
    for (const models::Architecture& base : bases) {
      if (const auto other = with_the_files_blocks(base, found)) nearest.consider(*other, found, build);
    }
  }
  Fit& best = nearest.fits().front();
  if (2 * best.names.size() + best.ignored.size() < found.spelled.size()) return std::nullopt;
  for (const Fit& other : std::span(nearest.fits()).subspan(1)) {
    const bool alike = other.differences.empty() && other.same_names == best.same_names;
    if (best.differences.empty() && alike && rank_among_equals(other.architecture) != rank_among_equals(best.architecture))
      best.also.push_back(other.architecture);
  }
  return std::move(best);
}

}  // namespace

std::optional<Fit> recognise(const Shapes& shapes) {
  return recognise(shapes, build_for_one_image);
}

std::optional<Fit> recognise(const Shapes& shapes, const Builder& build) {
  if (!may_be_a_network(shapes)) return std::nullopt;
  std::optional<Fit> best;
  for (const std::string& prefix : likely_prefixes(shapes)) {
    std::optional<Fit> candidate = recognise_under(prefix, shapes, build);
    if (candidate && (!best || better(*candidate, *best))) best = std::move(candidate);
    if (best && best->differences.empty()) break;
  }
  return best;
}

std::string beginning_of(const std::string& spelling) {
  std::string beginning = spelling.substr(0, spelling.find('.'));
  std::erase_if(beginning, [](char letter) { return letter >= '0' && letter <= '9'; });
  return beginning;
}

bool is_known_beginning(const std::string& beginning) {
  constexpr std::array<std::string_view, 8> kKnown{"", "bn", "classifier", "conv", "fc", "features", "head", "layer"};
  return std::ranges::find(kKnown, beginning) != kKnown.end();
}

}  // namespace residual::convert
