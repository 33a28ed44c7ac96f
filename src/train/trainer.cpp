#include "train/trainer.h"

#include <algorithm>
#include <cmath>

#include "core/system/abandon.h"
#include "core/system/file.h"
#include "data/loading/batches.h"
#include "data/loading/loader.h"
#include "train/report/mistakes.h"
#include "train/run/checkpoint_store.h"
#include "train/run/epoch_clock.h"
#include "train/run/held_out.h"
#include "train/run/identity.h"
#include "train/run/metrics_log.h"
#include "train/run/run_lock.h"
#include "train/run/run_report.h"
#include "train/schedules/schedules.h"
#include "train/step/moving_average.h"
#include "train/step/training_graph.h"
#include "train/transfer.h"

namespace residual::train {
namespace {

void check_data(const TrainOptions& options, const data::DataSource& source) {
  if (!source.train) fail(ErrorKind::kUsage, "the data has no training images: {}", source.found);
  const auto classes = static_cast<int64_t>(source.classes().size());
  if (classes != options.architecture.classes) {
    fail(ErrorKind::kUsage, "the data has {} classes, the network is built for {}", classes, options.architecture.classes);
  }
  if (source.train->size() < options.batch_size) {
    fail(ErrorKind::kUsage, "the batch size is {}, the training split has only {} images", options.batch_size,
         source.train->size());
  }
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error || !std::filesystem::is_directory(folder)) {
    fail(ErrorKind::kResource, "cannot make the output folder '{}': {}", folder.string(),
         error ? error.message() : "a file is in its place");
  }
}

constexpr int kInputSlots = 3;  // one batch that the step reads and two that the loader fills

// The loader writes directly into the session's inputs.
data::LoaderOptions loader_options(const TrainOptions& options, Session& session) {
  data::LoaderOptions result{.batch_size = options.batch_size,
                             .threads = options.loader_threads,
                             .seed = options.seed,
                             .shuffle = true,
                             .drop_last = true};
  for (int slot = 0; slot < kInputSlots; ++slot)
    result.slots.push_back({session.input<float>("images", slot), session.input<int64_t>("labels", slot)});
  return result;
}

// Sets the inputs of a step other than the batch, which is already in the slot. step: from 0.
void feed(Session& session, int slot, double learning_rate, int64_t step, uint64_t seed) {
  session.input<double>("learning_rate", slot)[0] = learning_rate;
  session.input<int64_t>("step", slot)[0] = step + 1;
  const std::span<int64_t> key = session.input<int64_t>("random_key", slot);  // seed, step, index of the batch's first sample
  key[0] = static_cast<int64_t>(seed);
  key[1] = step;
  key[2] = 0;
}

class Trainer {
 public:
  Trainer(const TrainOptions& options, const data::DataSource& source, const data::Preprocessing& preprocessing,
          const Observer& observer)
      : options_(options),
        source_(source),
        preprocessing_(preprocessing),
        observer_(observer),
        held_out_(selection_split(source)),
        checkpoints_(options.out / "checkpoint.safetensors", identity_json(options, source, preprocessing)),
        batches_(data::Batches{.samples = source.train->size(), .batch_size = options.batch_size, .drop_last = true}.count()),
        clock_(options.epochs, batches_, options.batch_size) {}

  // Compiles the step and sets the state to the start of the run or to the checkpoint. start: weights, may be null.
  void begin(const State* start) {
    const std::optional<SavedRun> saved = find_checkpoint();
    if (saved) choices_ = saved->choices;
    const std::shared_ptr<const Plan> plan = training_plan(options_, choices_);
    choices_.insert(plan->choices.begin(), plan->choices.end());
    if (start != nullptr) {
      for (const auto& [name, tensor] : start->tensors()) state_.set(name, tensor.clone());
    }
    initialise(state_, plan->graph, options_.seed);
    start_moving_average(state_, plan->graph);
    if (saved) resume(*saved, plan->threads);
    progress_.threads = plan->threads;
    saved_ = saved.has_value();
    if (!saved) progress_.timed_kernels = options_.target.tune;
    session_.emplace(plan, state_, SessionOptions{.input_slots = kInputSlots, .stop = options_.target.observer.stop});
    loader_.emplace(*source_.train, data::augmented(preprocessing_, options_.random_transforms),
                    loader_options(options_, *session_));
    if (held_out_.dataset != nullptr) make_evaluator();
    open_log(saved.has_value());
    note(fmt::format("{} steps an epoch, arena {:.0f} MiB, {} threads, {}{}, kernels {}", batches_,
                     static_cast<double>(plan->peak_bytes()) / 1048576.0, plan->threads, plan->description,
                     options_.target.training == Precision::kFp32 ? "" : fmt::format(", {}", name_of(options_.target.training)),
                     progress_.timed_kernels ? "chosen by timing" : "not timed"));
  }

  bool done() const { return progress_.epoch == options_.epochs; }

  void train_epoch() {
    clock_.begin_epoch(progress_.batch);
    if (progress_.batch >= batches_) return;  // interrupted during the evaluation
    loader_->start_epoch(progress_.epoch, progress_.batch);
    while (const data::Batch* batch = loader_->next()) {
      const auto slot = static_cast<int>(batch->slot);
      feed(*session_, slot, rate_of(step()), step(), options_.seed);
      run_step(slot);
      account(*batch);
      if (observer_.progress) observer_.progress(clock_.now(progress_));
      if (observer_.stop && observer_.stop()) interrupted();
      if (checkpoint_is_due()) save_checkpoint();
    }
  }

  // A step that begins with nothing to save is abandoned at once where the run is stopped.
  void run_step(int slot) {
    try {
      session_->run(slot, saved_ ? options_.target.observer.stop : Stop());
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kInterrupted) throw;
      interrupted();
    }
  }

  // Order matters: a run killed before the checkpoint writes the same files again with the same contents.
  void finish_epoch() {
    const EpochRecord record = evaluate_epoch();
    log_->append(metrics_line(record, step(), held_out_.split), {{"epoch", record.epoch},
                                                                 {"seconds", *record.seconds},
                                                                 {"evaluation_seconds", clock_.evaluation_seconds()},
                                                                 {"training_steps", clock_.steps(progress_)}});
    save_models(record);
    progress_.records.push_back(record);
    ++progress_.epoch;
    progress_.batch = 0;
    progress_.running = {};
    log_->note_lengths(progress_);
    save_checkpoint();
    if (observer_.epoch) observer_.epoch(record);
  }

  // The best model is evaluated once more, where possible on images that it was not selected on.
  TrainResult finish() {
    TrainResult result{progress_.records,        progress_.best_epoch,    held_out_.split, std::nullopt, {},
                       file("best.safetensors"), file("last.safetensors")};
    result.timed_kernels = progress_.timed_kernels;
    const HeldOut last = final_split(source_);
    if (last.dataset != nullptr) {
      eval::Model best = eval::load_model(result.best);
      eval::EvaluateOptions options = evaluate_options();
      options.worst = kReportedMistakes;
      result.evaluation = eval::Evaluator(options_.architecture, preprocessing_, best.state, options).run(*last.dataset);
      result.evaluated = last.split;
    }
    return result;
  }

  const Plan& plan() const { return session_->plan(); }
  int64_t steps_per_epoch() const { return batches_; }

 private:
  std::filesystem::path file(std::string_view name) const { return options_.out / name; }
  int64_t step() const { return progress_.epoch * batches_ + progress_.batch; }  // from 0
  double rate_of(int64_t step) const { return learning_rate(options_, step, batches_); }

  void note(const std::string& text) const {
    if (observer_.note) observer_.note(text);
  }

  std::optional<SavedRun> find_checkpoint() const {
    if (!options_.resume) {
      checkpoints_.refuse_to_overwrite();
      return std::nullopt;
    }
    std::optional<SavedRun> saved = checkpoints_.load();
    if (!saved) note(fmt::format("there is no checkpoint in '{}': starting afresh", options_.out.string()));
    return saved;
  }

  // A run that begins over a finished one is in the folder from its first checkpoint on, which says that the files have no line
  // of it: killed before, it leaves the finished run whole.
  void open_log(bool resumed) {
    if (!resumed) save_checkpoint();  // detects an unwritable output folder before the first epoch, too
    log_.emplace(MetricsLog::resume(options_.out, progress_));
    last_save_ = std::chrono::steady_clock::now();
  }

  void resume(const SavedRun& saved, int threads) {
    progress_ = saved.progress;
    if (progress_.epoch > options_.epochs)
      fail(ErrorKind::kBadFile, "the checkpoint has {} epochs of {}", progress_.epoch, options_.epochs);
    if (progress_.batch > batches_)
      fail(ErrorKind::kBadFile, "the checkpoint has {} steps of an epoch of {}", progress_.batch, batches_);
    restore(saved.tensors, state_);
    note(fmt::format("resumed after {} epochs and {} steps", progress_.epoch, progress_.batch));
    if (threads != progress_.threads) {
      note(fmt::format("it was started with {} threads and goes on with {}: the result may differ in the last bits",
                       progress_.threads, threads));
    }
  }

  eval::EvaluateOptions evaluate_options() {
    eval::EvaluateOptions options;
    options.batch_size = options_.batch_size;
    options.loader_threads = options_.loader_threads;
    options.target = options_.target;
    options.choices = choices_;
    options.progress = [this](int64_t images, int64_t all) { evaluating(images, all); };
    return options;
  }

  // The weights of saved and evaluated models: the current weights, or their moving averages.
  State& current_model() {
    session_->download_state();
    if (options_.ema_decay == 0) return state_;
    copy_averaged_model(state_, plan().graph, averaged_);
    return averaged_;
  }

  void make_evaluator() {
    evaluator_.emplace(options_.architecture, preprocessing_, current_model(), evaluate_options());
    choices_.insert(evaluator_->plan().choices.begin(), evaluator_->plan().choices.end());
  }

  void account(const data::Batch& batch) {
    const auto loss = static_cast<double>(session_->output<float>("loss")[0]);
    if (!std::isfinite(loss)) {
      fail(ErrorKind::kNumeric,
           "the loss became {} in epoch {}, step {}; try a lower learning rate (now {}) or a longer warm-up. The last checkpoint "
           "is kept: {}",
           loss, progress_.epoch + 1, progress_.batch + 1, rate_of(step()), checkpoints_.path().string());
    }
    RunningMetrics& running = progress_.running;
    running.loss_sum += loss * static_cast<double>(batch.count);
    running.correct += eval::score(session_->output<float>("logits"), batch.labels, options_.architecture.classes).correct;
    running.seen += batch.count;
    ++progress_.batch;
    saved_ = false;
    wait_for_end_if_worth();
  }

  [[noreturn]] void interrupted() {
    if (done()) {
      fail(ErrorKind::kInterrupted, "interrupted in the last evaluation; the models are in '{}', resuming evaluates again",
           options_.out.string());
    }
    if (!saved_) save_checkpoint();
    fail(ErrorKind::kInterrupted, "interrupted in epoch {} after {} steps; the checkpoint is in '{}' and can be resumed",
         progress_.epoch + 1, progress_.batch, options_.out.string());
  }

  void evaluating(int64_t images, int64_t all) {
    if (observer_.progress) {
      Progress now = clock_.now(progress_);
      now.phase = Progress::Phase::kEvaluate;
      now.done = images;
      now.all = all;
      observer_.progress(now);
    }
    if (observer_.stop && observer_.stop()) interrupted();
  }

  EpochRecord evaluate_epoch() {
    EpochRecord record;
    record.epoch = progress_.epoch + 1;
    record.learning_rate = rate_of(step() - 1);
    record.train_loss = progress_.running.loss();
    record.train_top1 = progress_.running.top1();
    if (evaluator_) {
      current_model();  // which the evaluator reads
      const eval::Evaluation evaluation = evaluator_->run(*held_out_.dataset);
      record.held_out_loss = evaluation.loss;
      record.held_out_top1 = evaluation.top1();
      clock_.evaluated(evaluation.seconds);
    }
    record.seconds = clock_.seconds();
    return record;
  }

  // Without images to select on, the last model is the best.
  void save_models(const EpochRecord& record) {
    const State& weights = current_model();
    io::TensorViews tensors;
    for (const auto& [name, variable] : plan().graph.variables()) {
      if (variable.role == Role::kParameter || variable.role == Role::kStatistic) tensors.emplace(name, &weights.at(name));
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

  bool checkpoint_is_due() const {
    return std::chrono::steady_clock::now() - last_save_ > std::chrono::duration<double>(options_.checkpoint_minutes * 60);
  }

  // A run that is stopped is waited for until it has saved its steps. A few steps of a large network are not waited for: they
  // take less time to repeat than to save.
  void wait_for_end_if_worth() {
    constexpr double kBytesPerSecond = 200e6;  // of checksum, disk and synchronisation
    const std::chrono::duration<double> work = std::chrono::steady_clock::now() - last_save_;
    double bytes = 0;
    for (const auto& [name, tensor] : state_.tensors()) bytes += static_cast<double>(tensor.bytes());
    const bool worth = bytes / kBytesPerSecond < std::max(0.1, work.count() / 20);
    if (worth && !unsaved_) unsaved_.emplace();
    if (!worth) unsaved_.reset();
  }

  void save_checkpoint() {
    session_->download_state();
    check_finite_state();
    if (log_) log_->sync();
    checkpoints_.save(progress_, choices_, state_);
    last_save_ = std::chrono::steady_clock::now();
    saved_ = true;
    wait_for_end_if_worth();
  }

  // The loss reveals broken weights one step late: they must not replace a good checkpoint.
  void check_finite_state() const {
    for (const auto& [name, tensor] : state_.tensors()) {
      if (!std::ranges::all_of(tensor.as<float>(), [](float value) { return std::isfinite(value); })) {
        fail(ErrorKind::kNumeric,
             "'{}' is no longer finite in epoch {}, step {}; try a lower learning rate (now {}) or a longer warm-up", name,
             progress_.epoch + 1, progress_.batch, rate_of(std::max<int64_t>(step() - 1, 0)));
      }
    }
  }

  const TrainOptions& options_;
  const data::DataSource& source_;
  const data::Preprocessing& preprocessing_;
  const Observer& observer_;
  HeldOut held_out_;  // the best epoch is selected on these
  CheckpointStore checkpoints_;
  int64_t batches_;  // of an epoch
  EpochClock clock_;

  RunProgress progress_;
  KernelChoices choices_;
  State state_, averaged_;  // averaged_: empty without moving averages
  std::optional<Session> session_;
  std::optional<data::Loader> loader_;  // writes into the session's inputs
  std::optional<eval::Evaluator> evaluator_;
  std::optional<MetricsLog> log_;
  bool saved_ = false;  // whether the checkpoint holds every step
  std::chrono::steady_clock::time_point last_save_ = std::chrono::steady_clock::now();
  std::optional<UnsavedWork> unsaved_;  // see wait_for_end_if_worth
};

}  // namespace

TrainResult train(const TrainOptions& options, const data::DataSource& source, const data::Preprocessing& preprocessing,
                  const Observer& observer, const State* start) {
  check(options);
  check_data(options, source);
  frozen_scopes(models::inference_graph(options.architecture, 1), options.freeze);  // rejects parts that do not exist
  make_folder(options.out);
  const RunLock lock(options.out);
  remove_leftovers(options.out);
  Trainer trainer(options, source, preprocessing, observer);
  trainer.begin(start);
  while (!trainer.done()) {
    trainer.train_epoch();
    trainer.finish_epoch();
  }
  TrainResult result = trainer.finish();
  write_report(run_report(options, source, trainer.plan(), trainer.steps_per_epoch(), result), options.out);
  return result;
}

}  // namespace residual::train
