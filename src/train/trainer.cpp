#include "train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "core/file.h"
#include "core/threads.h"
#include "data/loader.h"
#include "eval/summary.h"
#include "io/checkpoint.h"
#include "train/report/metrics_file.h"
#include "train/report/report_mistakes.h"
#include "train/run_record.h"
#include "train/training_graph.h"
#include "train/transfer.h"

namespace residual::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The inputs of a training session, where they stay.
struct StepInputs {
  explicit StepInputs(Session& session)
      : images(session.input<float>("images")),
        labels(session.input<int64_t>("labels")),
        learning_rate(session.input<double>("learning_rate")[0]),
        head_learning_rate(session.input<double>("head_learning_rate")[0]),
        step(session.input<int64_t>("step")[0]),
        key(session.input<int64_t>("random_key")) {}
  std::span<float> images;
  std::span<int64_t> labels;
  double& learning_rate;
  double& head_learning_rate;
  int64_t& step;
  std::span<int64_t> key;  // seed, step, index of the batch's first sample
};

class TrainingRun {
 public:
  TrainingRun(const TrainOptions& options, const data::DataSource& source, const data::Preprocessing& preprocessing,
              const Observer& observer, const State* start)
      : options_(options), source_(source), preprocessing_(preprocessing), observer_(observer), start_(start) {}

  TrainResult run() {
    start();
    while (progress_.epoch < options_.epochs) {
      train_epoch();
      finish_epoch();
    }
    return finish();
  }

 private:
  const data::Dataset* selection() const { return source_.validation ? source_.validation.get() : source_.test.get(); }
  const data::Dataset* final_split() const { return source_.test ? source_.test.get() : selection(); }
  std::string selection_name() const { return source_.validation ? "validation" : source_.test ? "test" : ""; }
  std::filesystem::path file(std::string_view name) const { return options_.out / name; }

  void note(const std::string& text) const {
    if (observer_.note) observer_.note(text);
  }

  void start() {
    check(options_);
    check_data();
    frozen_scopes(models::inference_graph(options_.architecture, 1), options_.freeze);  // refuses parts that do not exist
    make_folder();
    identity_ = identity_json(options_, source_, preprocessing_);
    const std::optional<io::Checkpoint> saved = find_checkpoint();
    if (saved) choices_ = choices_from_json(saved->choices);
    const std::shared_ptr<const Plan> plan = training_plan(options_, choices_);
    choices_.insert(plan->choices.begin(), plan->choices.end());
    progress_.threads = plan->threads;
    if (start_ != nullptr) {
      for (const auto& [name, tensor] : start_->tensors()) state_.set(name, tensor.clone());
    }
    initialise(state_, plan->graph, options_.seed);
    if (saved) restore(*saved);
    session_.emplace(plan, state_);
    if (selection() != nullptr) make_evaluator();
    loader_.emplace(*source_.train, data::augmented(preprocessing_, options_.augmentation),
                    data::LoaderOptions{.batch_size = options_.batch_size,
                                        .threads = options_.loader_threads,
                                        .seed = options_.seed,
                                        .shuffle = true,
                                        .drop_last = true});
    metrics_.emplace(saved ? MetricsFile::open(file("metrics.jsonl")) : MetricsFile::create(file("metrics.jsonl")));
    timings_.emplace(saved ? MetricsFile::open(file("timings.jsonl")) : MetricsFile::create(file("timings.jsonl")));
    if (saved) {
      if (progress_.batch > loader_->batches()) {
        fail(ErrorKind::kBadFile, "the checkpoint has {} steps of an epoch of {}", progress_.batch, loader_->batches());
      }
      metrics_->truncate_to(progress_.metrics_bytes);
      timings_->truncate_to(progress_.timings_bytes);
    } else {
      save();  // an output folder that cannot be written is found out now, not after the first epoch
    }
    note(fmt::format("{} steps an epoch, arena {:.0f} MiB, {} threads, {}", loader_->batches(),
                     static_cast<double>(plan->peak_bytes()) / 1048576.0, plan->threads, plan->description));
  }

  void check_data() const {
    if (!source_.train) fail(ErrorKind::kUsage, "the data has no training images: {}", source_.found);
    const auto classes = static_cast<int64_t>(source_.classes().size());
    if (classes != options_.architecture.classes) {
      fail(ErrorKind::kUsage, "the data has {} classes, the network is built for {}", classes, options_.architecture.classes);
    }
    if (source_.train->size() < options_.batch_size) {
      fail(ErrorKind::kUsage, "the batch size is {}, the training split has only {} images", options_.batch_size,
           source_.train->size());
    }
  }

  void make_folder() const {
    std::error_code error;
    std::filesystem::create_directories(options_.out, error);
    if (error || !std::filesystem::is_directory(options_.out)) {
      fail(ErrorKind::kResource, "cannot make the output folder '{}': {}", options_.out.string(),
           error ? error.message() : "a file is in its place");
    }
    remove_leftovers(options_.out);
  }

  // The checkpoint to go on from, if that is wanted and there is one; refuses to write over one of a run that is not finished.
  std::optional<io::Checkpoint> find_checkpoint() const {
    const std::filesystem::path path = file("checkpoint.safetensors");
    if (!std::filesystem::exists(path)) {
      if (options_.resume) note(fmt::format("there is no checkpoint in '{}': starting afresh", options_.out.string()));
      return std::nullopt;
    }
    if (!options_.resume) {
      refuse_to_overwrite(path);
      return std::nullopt;
    }
    io::Checkpoint saved = io::load_checkpoint(path);
    const std::vector<io::IdentityDifference> differences = io::identity_differences(saved.identity, identity_);
    if (!differences.empty()) {
      fail(ErrorKind::kUsage,
           "'{}' is of another run; resume with the options it was started with, or choose another output folder:\n{}",
           path.string(), io::side_by_side(differences));
    }
    return saved;
  }

  void refuse_to_overwrite(const std::filesystem::path& path) const {
    std::optional<RunProgress> other;
    int64_t epochs = 0;
    try {
      const io::Checkpoint saved = io::load_checkpoint(path);
      other = RunProgress::from_json(saved.progress);
      epochs = nlohmann::json::parse(saved.identity).value("epochs", int64_t{0});
    } catch (const std::exception& error) {
      fail(ErrorKind::kUsage, "the output folder holds a checkpoint that cannot be read ({}); delete it or choose another",
           error.what());
    }
    const bool begun = other->epoch > 0 || other->batch > 0;
    if (begun && other->epoch < epochs) {
      fail(ErrorKind::kUsage,
           "'{}' holds an unfinished run ({} of {} epochs); resume it, choose another output folder, or delete it", path.string(),
           other->epoch, epochs);
    }
  }

  void restore(const io::Checkpoint& saved) {
    const int64_t threads = progress_.threads;
    progress_ = RunProgress::from_json(saved.progress);
    if (progress_.epoch > options_.epochs)
      fail(ErrorKind::kBadFile, "the checkpoint has {} epochs of {}", progress_.epoch, options_.epochs);
    for (const auto& [name, tensor] : state_.tensors()) {
      const auto found = saved.state.find(name);
      if (found == saved.state.end() || found->second.shape() != tensor.shape() || found->second.dtype() != tensor.dtype()) {
        fail(ErrorKind::kBadFile, "the checkpoint does not belong to this network: tensor '{}' is {}", name,
             found == saved.state.end() ? "missing" : to_string(found->second.shape()));
      }
      state_.set(name, found->second.clone());
    }
    note(fmt::format("resumed after {} epochs and {} steps", progress_.epoch, progress_.batch));
    if (threads != progress_.threads) {
      note(fmt::format("it was started with {} threads and goes on with {}: the result may differ in the last bits",
                       progress_.threads, threads));
      progress_.threads = threads;
    }
  }

  eval::EvaluateOptions evaluate_options() {
    eval::EvaluateOptions options;
    options.batch_size = options_.batch_size;
    options.loader_threads = options_.loader_threads;
    options.target = options_.target;
    options.choices = choices_;
    options.progress = [this](int64_t done, int64_t all) { evaluating(done, all); };
    return options;
  }

  void make_evaluator() {
    const eval::EvaluateOptions options = evaluate_options();
    evaluator_.emplace(options_.architecture, preprocessing_, state_, options);
    choices_.insert(evaluator_->plan().choices.begin(), evaluator_->plan().choices.end());
  }

  int64_t step() const { return progress_.epoch * loader_->batches() + progress_.batch; }

  void train_epoch() {
    epoch_start_ = speed_since_ = Clock::now();
    epoch_first_ = progress_.batch;
    if (progress_.batch >= loader_->batches()) return;  // stopped while it was evaluated
    StepInputs inputs(*session_);
    loader_->start_epoch(progress_.epoch, progress_.batch);
    while (const data::Batch* batch = loader_->next()) {
      learning_rate_ = learning_rate(options_.schedule, step(), loader_->batches(), options_.epochs);
      std::ranges::copy(batch->images, inputs.images.begin());
      std::ranges::copy(batch->labels, inputs.labels.begin());
      inputs.learning_rate = learning_rate_;
      inputs.head_learning_rate = learning_rate_ * options_.head_learning_rate_scale;
      inputs.step = step() + 1;
      inputs.key[0] = static_cast<int64_t>(options_.seed);
      inputs.key[1] = step();
      inputs.key[2] = 0;
      session_->run();
      account(*batch);
      after_step();
    }
  }

  void account(const data::Batch& batch) {
    const auto loss = static_cast<double>(session_->output<float>("loss")[0]);
    if (!std::isfinite(loss)) {
      fail(ErrorKind::kNumeric,
           "the loss became {} in epoch {}, step {}; try a lower learning rate (now {}) or a longer warm-up. The last checkpoint "
           "is "
           "kept: {}",
           loss, progress_.epoch + 1, progress_.batch + 1, learning_rate_, file("checkpoint.safetensors").string());
    }
    progress_.loss_sum += loss * static_cast<double>(batch.count);
    progress_.correct += eval::score(session_->output<float>("logits"), batch.labels, options_.architecture.classes).correct;
    progress_.seen += batch.count;
    ++progress_.batch;
  }

  void after_step() {
    if (observer_.progress) observer_.progress(training_progress());
    if (observer_.stop && observer_.stop()) interrupted();
    if (seconds_since(last_save_) > options_.checkpoint_minutes * 60) save();
  }

  [[noreturn]] void interrupted() {
    if (progress_.epoch == options_.epochs) {
      fail(ErrorKind::kInterrupted, "interrupted in the last evaluation; the models are in '{}', resuming evaluates again",
           options_.out.string());
    }
    save();
    fail(ErrorKind::kInterrupted, "interrupted in epoch {} after {} steps; the checkpoint is in '{}' and can be resumed",
         progress_.epoch + 1, progress_.batch, options_.out.string());
  }

  Progress training_progress() {
    const double elapsed = seconds_since(speed_since_);
    const int64_t since = progress_.batch - epoch_first_;
    const double per_step = elapsed / static_cast<double>(std::max<int64_t>(since, 1));
    const int64_t steps_left = loader_->batches() * options_.epochs - step();
    const auto seen = static_cast<double>(std::max<int64_t>(progress_.seen, 1));
    return {.phase = Progress::Phase::kTrain,
            .epoch = std::min(progress_.epoch + 1, options_.epochs),
            .epochs = options_.epochs,
            .done = progress_.batch,
            .all = loader_->batches(),
            .loss = progress_.loss_sum / seen,
            .top1 = static_cast<double>(progress_.correct) / seen,
            .images_per_second = static_cast<double>(options_.batch_size) / std::max(per_step, 1e-9),
            .seconds_left = per_step * static_cast<double>(steps_left) +
                            evaluation_seconds_ * static_cast<double>(options_.epochs - progress_.epoch)};
  }

  void evaluating(int64_t done, int64_t all) {
    if (observer_.progress) {
      Progress now = training_progress();
      now.phase = Progress::Phase::kEvaluate;
      now.done = done;
      now.all = all;
      observer_.progress(now);
    }
    if (observer_.stop && observer_.stop()) interrupted();
  }

  // Order matters: whatever is written before the checkpoint is written again, alike, by a run that is killed in between.
  void finish_epoch() {
    const auto seen = static_cast<double>(std::max<int64_t>(progress_.seen, 1));
    EpochRecord record;
    record.epoch = progress_.epoch + 1;
    record.learning_rate = learning_rate(options_.schedule, step() - 1, loader_->batches(), options_.epochs);
    record.train_loss = progress_.loss_sum / seen;
    record.train_top1 = static_cast<double>(progress_.correct) / seen;
    session_->download_state();
    if (evaluator_) {
      const eval::Evaluation evaluation = evaluator_->run(*selection());
      record.held_out_loss = evaluation.loss;
      record.held_out_top1 = evaluation.top1();
      evaluation_seconds_ = evaluation.seconds;
    }
    record.seconds = seconds_since(epoch_start_);
    metrics_->append(metrics_line(record, step(), selection_name()));
    metrics_->sync();
    timings_->append({{"epoch", record.epoch},
                      {"seconds", *record.seconds},
                      {"evaluation_seconds", evaluation_seconds_},
                      {"training_steps", progress_.batch - epoch_first_}});
    save_models(record);
    progress_.records.push_back(record);
    ++progress_.epoch;
    progress_.batch = progress_.correct = progress_.seen = 0;
    progress_.loss_sum = 0;
    progress_.metrics_bytes = metrics_->size();
    progress_.timings_bytes = timings_->size();
    save();
    if (observer_.epoch) observer_.epoch(record);
  }

  // Without anything to select on, the last model is the best.
  void save_models(const EpochRecord& record) {
    session_->download_state();
    io::TensorViews tensors;
    for (const auto& [name, variable] : session_->plan().graph.variables()) {
      if (variable.role != Role::kOptimizer) tensors.emplace(name, &state_.at(name));
    }
    const io::ModelFile model{options_.architecture.to_json(), preprocessing_.to_json(), source_.classes(), {}, {}};
    io::save_model(file("last.safetensors"), model, tensors);
    const double top1 = evaluator_ ? record.held_out_top1 : static_cast<double>(record.epoch);
    if (top1 > progress_.best_top1) {
      io::save_model(file("best.safetensors"), model, tensors);
      progress_.best_top1 = top1;
      progress_.best_epoch = record.epoch;
    }
  }

  // The loss shows broken weights one step late: they must not replace a good checkpoint.
  void save() {
    session_->download_state();
    io::TensorViews tensors;
    for (const auto& [name, tensor] : state_.tensors()) {
      if (!std::ranges::all_of(tensor.as<float>(), [](float value) { return std::isfinite(value); })) {
        fail(ErrorKind::kNumeric,
             "'{}' is no longer finite in epoch {}, step {}; try a lower learning rate (now {}) or a longer warm-up", name,
             progress_.epoch + 1, progress_.batch, learning_rate_);
      }
      tensors.emplace(name, &tensor);
    }
    metrics_->sync();
    io::save_checkpoint(file("checkpoint.safetensors"), {identity_, progress_.to_json(), nlohmann::json(choices_).dump(), {}},
                        tensors);
    last_save_ = Clock::now();
  }

  TrainResult finish() {
    TrainResult result{progress_.records,        progress_.best_epoch,    selection_name(), std::nullopt, {},
                       file("best.safetensors"), file("last.safetensors")};
    if (final_split() != nullptr) {
      eval::Model best = eval::load_model(result.best);
      eval::EvaluateOptions options = evaluate_options();
      options.worst = kReportedMistakes;
      result.evaluation = eval::Evaluator(options_.architecture, preprocessing_, best.state, options).run(*final_split());
      result.evaluated = source_.test ? "test" : selection_name();
    }
    write_report(report(result), options_.out);
    return result;
  }

  RunReport report(const TrainResult& result) const {
    const eval::NetworkSummary summary = eval::summarize(options_.architecture);
    RunReport report;
    report.title = fmt::format("{} on {}", options_.architecture.model, data::name_of(source_.format));
    report.command = options_.command;
    report.facts = {
        {"Data", source_.found},
        {"Optimizer", fmt::format("{}, learning rate {}, {} schedule, batch {}", name_of(options_.optimizer.kind),
                                  options_.schedule.learning_rate, name_of(options_.schedule.kind), options_.batch_size)},
        {"Processor", fmt::format("{}, {} threads", session_->plan().description, session_->plan().threads)}};
    if (result.evaluation) {
      report.facts.emplace_back(fmt::format("Best model, on the {} images", result.evaluated),
                                fmt::format("{} of {} right ({:.2f}%), top-5 {:.2f}%, loss {:.4f}", result.evaluation->correct,
                                            result.evaluation->images, 100 * result.evaluation->top1(),
                                            100 * result.evaluation->top5(), result.evaluation->loss));
      report.confusion = result.evaluation->confusion;
      report.mistakes = reported_mistakes(*result.evaluation, *final_split());
    }
    report.model = eval::to_lines(summary);
    report.parameters = summary.parameters;
    report.macs = summary.macs;
    report.epochs = result.epochs;
    report.split = result.selection.empty() ? "test" : result.selection;
    report.best_epoch = result.best_epoch;
    report.best_note = result.selection == "test" ? "The best epoch was chosen on the test split: there is no validation split."
                       : result.selection == "validation" ? "The best epoch was chosen on the validation split."
                                                          : "There is nothing to choose the best epoch on: it is the last.";
    report.classes = source_.classes();
    return report;
  }

  const TrainOptions& options_;
  const data::DataSource& source_;
  const data::Preprocessing& preprocessing_;
  const Observer& observer_;
  const State* start_;

  std::string identity_;
  RunProgress progress_;
  Choices choices_;
  State state_;
  std::optional<Session> session_;
  std::optional<eval::Evaluator> evaluator_;
  std::optional<data::Loader> loader_;
  std::optional<MetricsFile> metrics_, timings_;

  double learning_rate_ = 0, evaluation_seconds_ = 0;
  int64_t epoch_first_ = 0;
  Clock::time_point epoch_start_, speed_since_, last_save_ = Clock::now();
};

}  // namespace

TrainResult train(const TrainOptions& options, const data::DataSource& source, const data::Preprocessing& preprocessing,
                  const Observer& observer, const State* start) {
  return TrainingRun(options, source, preprocessing, observer, start).run();
}

}  // namespace residual::train
