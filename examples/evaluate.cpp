// Evaluates a model and prints the classes it confuses most often: evaluate MODEL DATA
#include <residual/residual.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "usage: evaluate MODEL DATA\n");
    return EXIT_FAILURE;
  }
  try {
    const residual::Model model = residual::Model::load(arguments[1]);
    const residual::Dataset data = residual::Dataset::open(arguments[2]);
    const residual::Evaluation result = model.evaluate(data);
    std::printf("%d images: %.2f%% right, %.2f%% within five guesses, loss %.4f\n", static_cast<int>(result.images),
                100 * result.top1(), 100 * result.top5(), result.loss);
    for (size_t i = 0; i < result.confusion.size(); ++i) {
      std::vector<int64_t> wrong = result.confusion[i];
      wrong[i] = 0;
      const auto most = std::max_element(wrong.begin(), wrong.end());
      if (*most == 0) continue;
      std::printf("%-12s taken for %-12s %d times\n", data.classes()[i].c_str(),
                  data.classes()[static_cast<size_t>(most - wrong.begin())].c_str(), static_cast<int>(*most));
    }
  } catch (const residual::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return residual::exit_code(error.kind());
  }
}
