// Writes a picture of its own making into DIR and has a job make its thumbnail. Exits 0 when that is there.
//   consumer DIR
#include <tbbthumbs/codecs/png_encoder.h>
#include <tbbthumbs/pipeline/job.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace {

bool WritePicture(const std::filesystem::path& path) {
  tbbthumbs::Raster raster{.size = {64, 48}};
  raster.pixels.assign(size_t{64} * 48 * 3, std::byte{200});
  const auto png = tbbthumbs::EncodePng(raster);
  if (!png) return false;
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(png->data()), static_cast<std::streamsize>(png->size()));
  return file.good();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path dir = argv[1];
  std::filesystem::create_directories(dir / "in");
  if (!WritePicture(dir / "in" / "grey.png")) return 3;

  tbbthumbs::JobOptions options;
  options.input.paths = {dir / "in"};
  options.output = dir / "out";
  options.specs.sizes = {{16, 16}};
  auto job = tbbthumbs::StartJob(options);
  if (!job) {
    std::fprintf(stderr, "%s\n", job.error().message.c_str());
    return 4;
  }
  const tbbthumbs::RunSummary summary = job->Wait();
  if (summary.made != 1 || summary.thumbnails != 1) return 5;
  return std::filesystem::file_size(dir / "out" / "grey_16.jpg") > 0 ? 0 : 6;
}
