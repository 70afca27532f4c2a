// Thumbnails made in the background while the program does other things.
//   background_job PHOTOS THUMBS
#include <chrono>
#include <cstdio>
#include <thread>
#include <utility>

#include "pipeline/job.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: background_job PHOTOS THUMBS\n");
    return 2;
  }
  tbbthumbs::JobOptions options;
  options.input.paths = {argv[1]};
  options.output = argv[2];
  options.specs.sizes = {{256, 256}, {64, 64}};
  options.queue_results = true;

  auto job = tbbthumbs::StartJob(std::move(options));  // returns at once
  if (!job) {
    std::fprintf(stderr, "background_job: %s\n", job.error().message.c_str());
    return 2;
  }

  // This thread reads the results as they come; the program's own work goes on in the main one.
  std::jthread reader([&job] {
    for (const tbbthumbs::PictureResult& result : job->Results()) {
      if (result.error) std::printf("%s: %s\n", result.input.c_str(), result.error->message.c_str());
      for (const tbbthumbs::OutputFile& file : result.outputs) {
        std::printf("%s: %d x %d\n", file.path.c_str(), file.size.width, file.size.height);
      }
    }
  });
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    std::printf("meanwhile: %llu done\n", static_cast<unsigned long long>(job->progress().done));
  }
  reader.join();

  const tbbthumbs::RunSummary summary = job->Wait();
  std::printf("%llu made, %llu up to date, %llu failed\n", static_cast<unsigned long long>(summary.made),
              static_cast<unsigned long long>(summary.up_to_date), static_cast<unsigned long long>(summary.failed));
  return summary.failed == 0 && !summary.fatal ? 0 : 1;
}
