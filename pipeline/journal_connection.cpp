#include "pipeline/journal_connection.h"

namespace tbbthumbs {
namespace {

constexpr JournalTexts::Queries kDirectories = {"SELECT id FROM directory WHERE path=?1",
                                                "INSERT INTO directory(path) VALUES(?1)",
                                                "SELECT path FROM directory WHERE id=?1"};
constexpr JournalTexts::Queries kDecoders = {"SELECT id FROM decoder WHERE path=?1",
                                             "INSERT INTO decoder(path) VALUES(?1)",
                                             "SELECT path FROM decoder WHERE id=?1"};

}  // namespace

JournalConnection::JournalConnection(JournalFile file)
    : id_(file.id),
      has_validators_(file.has_validators),
      directory_(std::move(file.directory)),
      database_(std::move(file.database)),
      directories_(*database_, kDirectories),
      decoders_(*database_, kDecoders) {}

void JournalConnection::Forget() noexcept {
  directories_.Forget();
  decoders_.Forget();
}

}  // namespace tbbthumbs
