#include "residual/image_files.h"

#include "api/handles.h"
#include "core/json_text.h"
#include "core/system/file.h"
#include "data/sources/image_listing.h"
#include "eval/images/image_stream.h"

namespace residual {

FoundImages find_images(std::span<const std::filesystem::path> paths) {
  return guarded([&] {
    data::FoundImages found = data::find_images(paths);
    return FoundImages{std::move(found.images), std::move(found.others), found.left_out.hidden};
  });
}

void Model::predict_files(std::span<const std::filesystem::path> files, const std::function<void(const FilePrediction&)>& use,
                          const PredictFilesOptions& options) const {
  guarded([&] {
    const eval::Model& model = *network_->model;
    if (!network_->preprocessing_known()) refuse_bytes(model);
    eval::StreamOptions stream;
    stream.target = make_target({.device = options.device, .threads = options.threads, .tune = options.tune});
    stream.target.observer = {options.on_timing, options.stop};
    stream.batch_size = options.batch_size;
    stream.loader_threads = options.loader_threads;
    stream.top = options.top;
    stream.exif_orientation = options.exif_orientation;
    stream.shared = network_->inference;
    std::vector<eval::StreamedImage> images;
    for (const std::filesystem::path& file : files)
      images.push_back({printable(file.string(), kMostOfAPath), [&file] { return read_file(file, data::kMaxImageFile); }});
    eval::predict_stream(model, images, stream, [&](const eval::StreamedResult& result) {
      use({files[result.index], result.predictions, result.error ? result.error->what() : ""});
      if (options.stop && options.stop()) fail(ErrorKind::kInterrupted, "interrupted");
    });
  });
}

}  // namespace residual
