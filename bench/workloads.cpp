#include "bench/workloads.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <map>
#include <memory>
#include <system_error>
#include <utility>

#include "bench/made_pictures.h"
#include "codecs/decoder.h"
#include "codecs/format.h"
#include "pipeline/file_source.h"
#include "pipeline/file_system.h"
#include "pipeline/input_stream.h"

namespace tbbthumbs::bench {
namespace {

namespace fs = std::filesystem;
using Files = std::vector<fs::path>;

constexpr WorkloadName kNames[] = {
    {kPhotos, "the pictures of the directory given, in the page cache"},
    {kPhotosCold, "the same, dropped from the page cache before each run"},
    {"uniform", "made pictures of one size"},
    {"skewed", "hundreds of small pictures and a giant among them"},
    {"tiny", "a thousand tiny pictures: what one costs but for pixels"},
    {"up-to-date", "thousands of pictures whose thumbnails are there"},
    {"slow-disk", "files that answer late, as over a network"},
    {"fuse", "the same through a real file system (FUSE)"},
    {"url", "pictures on a web server that answers late (nginx)"},
};

tl::unexpected<std::string> Wrong(std::string message) { return tl::unexpected<std::string>(std::move(message)); }

// The size that the header gives, and the file's; pictures that can't be opened count with their bytes alone.
void Weigh(const fs::path& file, Workload& about) {
  std::error_code error;
  const uintmax_t bytes = fs::file_size(file, error);
  if (error) return;
  about.bytes += bytes;
  about.largest_bytes = std::max<uint64_t>(about.largest_bytes, bytes);
  auto source = FileSource::Open(file);
  if (!source) return;
  if (const auto decoder = OpenDecoder(**source, {})) {
    about.megapixels += static_cast<double>((*decoder)->info().size.pixels()) * 1e-6;
  }
}

tl::expected<void, std::string> WriteFile(const fs::path& path, std::span<const std::byte> bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return Wrong(path.string() + ": can't be written");
  return {};
}

// `count` files of that size with a few different contents, 0000.jpg and on, in `directory`.
tl::expected<Files, std::string> MakeFiles(const fs::path& directory, size_t count, Size size) {
  constexpr size_t kContents = 6;
  std::vector<std::vector<std::byte>> contents;
  Files files;
  for (size_t i = 0; i < count; ++i) {
    if (i < kContents) {
      auto jpeg = MakeJpegPicture(size, static_cast<uint32_t>(i + 1));
      if (!jpeg) return Wrong("making pictures: " + jpeg.error().message);
      contents.push_back(std::move(*jpeg));
    }
    const std::string number = std::to_string(i);
    files.push_back(directory / (std::string(4 - std::min<size_t>(number.size(), 4), '0') + number + ".jpg"));
    if (auto written = WriteFile(files.back(), contents[i % kContents]); !written) return Wrong(written.error());
  }
  return files;
}

tl::expected<Files, std::string> MakeSkewed(const fs::path& directory) {
  auto files = MakeFiles(directory, 300, {800, 600});
  if (!files) return files;
  auto giant = MakeJpegPicture({8000, 6000});
  if (!giant) return Wrong("making pictures: " + giant.error().message);
  // With room behind it for the others to go on meanwhile.
  const fs::path place = (*files)[100];
  if (auto written = WriteFile(place, *giant); !written) return Wrong(written.error());
  return files;
}

struct Recipe {
  std::string description;
  tl::expected<Files, std::string> (*make)(const fs::path& directory);
  bool slow = false;
};

const std::map<std::string_view, Recipe>& Recipes() {
  static const std::map<std::string_view, Recipe> recipes = {
      {"uniform",
       {"60 made JPEG files of 1600 x 1200 pixels",
        [](const fs::path& directory) {
          return MakeFiles(directory, 60, {1600, 1200});
        }}},
      {"skewed", {"299 made JPEG files of 800 x 600 pixels, and one of 8000 x 6000 in the 101st place", MakeSkewed}},
      {"tiny",
       {"1,000 made JPEG files of 64 x 48 pixels",
        [](const fs::path& directory) {
          return MakeFiles(directory, 1000, {64, 48});
        }}},
      {"up-to-date",
       {"2,000 made JPEG files of 64 x 48 pixels whose thumbnails are there and newer",
        [](const fs::path& directory) {
          return MakeFiles(directory, 2000, {64, 48});
        }}},
      {"slow-disk",
       {"40 made JPEG files of 800 x 600 pixels; each round trip (a look, an opening, a read) takes 2 ms, all together "
        "at most 110 MB/s",
        [](const fs::path& directory) {
          return MakeFiles(directory, 40, {800, 600});
        },
        true}},
      {"fuse",
       {"40 made JPEG files of 800 x 600 pixels through a FUSE mount whose answers take 2 ms, at most 110 MB/s",
        [](const fs::path& directory) {
          return MakeFiles(directory, 40, {800, 600});
        }}},
      {"url",
       {"100 made JPEG files of 800 x 600 pixels on a web server that waits 20 ms before it answers; at most 64 are "
        "fetched at once, by threads that wait for what they fetch no more than there are of them",
        [](const fs::path& directory) {
          return MakeFiles(directory, 100, {800, 600});
        }}},
  };
  return recipes;
}

}  // namespace

std::span<const WorkloadName> WorkloadNames() { return kNames; }

LinkOptions SlowDisk() { return {.latency = std::chrono::milliseconds(2), .bytes_per_second = 110e6}; }

tl::expected<Files, std::string> FindPictures(const fs::path& directory) {
  FileSystem& files = RealFileSystem();
  const auto info = files.Stat(directory.string(), true);
  if (!info) return Wrong(directory.string() + ": " + info.error().message);
  InputOptions options;
  options.paths = {directory};
  // As an output only a directory that is not there: nothing is left out.
  InputStream inputs(files, options, "", false);
  Files found;
  while (const auto input = inputs.Next()) {
    const auto file = files.Open(input->path);
    if (!file) continue;
    std::array<std::byte, kSniffBytes> head{};
    const auto bytes = (*file)->ReadAt(0, head);
    if (bytes && IsDecoded(SniffFormat(std::span(head).first(*bytes)))) found.push_back(fs::absolute(input->path));
  }
  if (found.empty()) return Wrong(directory.string() + ": no JPEG or PNG files in it");
  return found;
}

Files Sample(const Files& files, size_t count) {
  if (files.size() <= count) return files;
  Files sample;
  for (size_t i = 0; i < count; ++i) sample.push_back(files[i * files.size() / count]);
  return sample;
}

tl::expected<PictureSet, std::string> SetOf(std::string_view name, std::string description, Files files,
                                            const fs::path& scratch) {
  PictureSet set;
  set.about.name = name;
  set.about.description = std::move(description);
  set.about.pictures = files.size();
  for (const fs::path& file : files) Weigh(file, set.about);
  std::string list;
  for (const fs::path& file : files) list.append(file.native()).push_back('\0');
  set.list = scratch / (std::string(name) + ".list");
  if (auto written = WriteFile(set.list, std::as_bytes(std::span(list))); !written) return Wrong(written.error());
  set.files = std::move(files);
  return set;
}

tl::expected<PictureSet, std::string> MakeSet(std::string_view name, const fs::path& scratch) {
  const auto recipe = Recipes().find(name);
  if (recipe == Recipes().end()) return Wrong("no workload '" + std::string(name) + "'");
  const fs::path directory = scratch / name;
  std::error_code error;
  fs::create_directory(directory, error);
  if (error) return Wrong(directory.string() + ": " + error.message());
  auto files = recipe->second.make(directory);
  if (!files) return Wrong(files.error());
  auto set = SetOf(name, recipe->second.description, std::move(*files), scratch);
  if (!set) return set;
  set->up_to_date = name == "up-to-date";
  if (recipe->second.slow) {
    set->latency_s = std::chrono::duration<double>(SlowDisk().latency).count();
    set->bytes_per_s = SlowDisk().bytes_per_second;
    set->slow_prefix = directory;
  }
  return set;
}

tl::expected<void, std::string> TakeFromServer(PictureSet& set, const PictureServer& server) {
  std::string list;
  for (const fs::path& file : set.files) {
    const std::string name = file.filename().native();
    list.append(server.Url(name)).append("\t").append(name).push_back('\0');
  }
  set.connections = kUrlConnections;
  return WriteFile(set.list, std::as_bytes(std::span(list)));
}

}  // namespace tbbthumbs::bench
