// What runs take from the journal, and leave there, of pictures on the web.
#include "pipeline/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "pipeline/item.h"
#include "pipeline/journal_copy.h"
#include "pipeline/journal_store.h"
#include "pipeline/url.h"
#include "tests/support/journal_fixture.h"

namespace tbbthumbs {
namespace {

using ::testing::IsEmpty;
using testing::JournalRowOf;
using testing::JournalRows;
using Current = Journal::Current;
using Knowledge = Journal::Knowledge;

constexpr char kAddress[] = "https://host/a/b.jpg?x=/1";
const UrlValidators kFirst{"\"1\"", "Sat, 01 Jan 2022 00:00:00 GMT"};
const UrlValidators kSecond{"\"2\"", "Sun, 02 Jan 2022 00:00:00 GMT"};

class JournalOfAddressesTest : public testing::JournalFixture {
 protected:
  JournalOfAddressesTest() {
    options_.output = tree_.root() / "out";
    options_.journal.path = Path();
  }

  // A run over one input: `work` gets it with what is known of it, and what becomes of it is recorded where it says so.
  void Run(const std::string& input, const std::function<bool(const Journal&, Item&)>& work) {
    auto journal = Journal::Open(options_);
    if (!journal) throw std::runtime_error(journal.error().message);
    (*journal)->Begin();
    std::vector<std::unique_ptr<Item>> items;
    Item& item = *items.emplace_back(std::make_unique<Item>());
    item.file.path = input;
    if (const auto url = ParseUrl(input)) {
      item.file.url = std::make_shared<const Url>(*url);
      item.file.path = url->text;
      item.unchanged = true;
    }
    (*journal)->Recall(items);
    if (work(**journal, item)) (*journal)->Record(item);
    (*journal)->Close({});
    EXPECT_FALSE((*journal)->failure()) << (*journal)->failure()->message;
  }

  // A new picture has come, and its thumbnail was made.
  void Make(const UrlValidators& validators, const std::string& input = kAddress) {
    Run(input, [&](const Journal&, Item& item) {
      item.unchanged = false;
      item.validators = validators;
      item.modified = std::chrono::seconds(5);
      item.result.bytes_in = 7;
      item.result.outputs = {Output()};
      item.End(Outcome::kMade);
      return true;
    });
  }

  void Fail(const Error& error, bool lasting, bool unchanged, const UrlValidators& validators = {},
            const std::string& input = kAddress) {
    Run(input, [&](const Journal&, Item& item) {
      item.unchanged = unchanged;
      item.validators = validators;
      item.lasting = lasting;
      item.Fail(error);
      return true;
    });
  }

  Knowledge KnownOf(const std::string& input = kAddress, bool unchanged = true) {
    Knowledge known = Knowledge::kNo;
    Run(input, [&](const Journal& journal, Item& item) {
      if (item.file.url) item.unchanged = unchanged;
      known = journal.KnowsFailure(item);
      EXPECT_EQ(journal.KnownFailure(item) != nullptr, known != Knowledge::kNo);
      return false;
    });
    return known;
  }

  Current IsCurrent(bool unchanged) {
    Current current = Current::kNo;
    Run(kAddress, [&](const Journal& journal, Item& item) {
      item.unchanged = unchanged;
      current = journal.IsCurrent(item, Output().path.string(), {.bytes = 100, .modified = Output().modified});
      return false;
    });
    return current;
  }

  std::optional<JournalRow> Row(const std::string& input = kAddress) { return FindOne(*Open(Path()), input); }

  OutputFile Output() const {
    return {.path = options_.output / "b.jpg", .bytes = 100, .modified = std::chrono::nanoseconds(1'234'567'891)};
  }

  JobOptions options_;
};

TEST_F(JournalOfAddressesTest, AreKnownByTheirAddress) {
  Make(kFirst, "https://user:secret@HOST/a/./b.jpg?x=/1");
  const JournalRows rows = All(*Open(Path()));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows.begin()->first, kAddress);
  EXPECT_EQ(rows.begin()->second.validators, kFirst);
  EXPECT_EQ(rows.begin()->second.bytes, 7u);
  EXPECT_EQ(tree_.Read("journal").find("secret"), std::string::npos);
  Run(kAddress, [&](const Journal& journal, Item& item) {
    EXPECT_EQ(item.known, rows.begin()->second);
    EXPECT_TRUE(journal.Knows(item, Output().path.string()));
    return false;
  });
}

TEST_F(JournalOfAddressesTest, AreCurrentWhileTheyAreUnchanged) {
  Make(kFirst);
  EXPECT_EQ(IsCurrent(true), Current::kByItsRow);
  EXPECT_EQ(IsCurrent(false), Current::kNo);
}

TEST_F(JournalOfAddressesTest, ANewPictureReplacesWhatItsServerHasSaid) {
  Make(kFirst);
  Make({"", kSecond.last_modified});
  EXPECT_EQ(Row()->validators, (UrlValidators{"", kSecond.last_modified}));
  Make({});
  EXPECT_TRUE(Row()->validators.empty());
}

TEST_F(JournalOfAddressesTest, TheSamePictureKeepsWhatItsServerDoesNotSayAgain) {
  Make(kFirst);
  JournalRow row = *Row();
  const auto up_to_date = [&](const UrlValidators& validators, bool with_outputs) {
    Run(kAddress, [&](const Journal&, Item& item) {
      item.validators = validators;
      if (with_outputs) item.result.outputs = {Output()};
      item.End(Outcome::kUpToDate);
      return true;
    });
    return *Row();
  };
  EXPECT_EQ(up_to_date({}, false), row);
  EXPECT_EQ(up_to_date({}, true), row);
  row.validators.etag = "\"new\"";
  EXPECT_EQ(up_to_date({"\"new\"", ""}, false), row);
  row.validators.last_modified = kSecond.last_modified;
  EXPECT_EQ(up_to_date({"", kSecond.last_modified}, true), row);
  EXPECT_EQ(up_to_date({std::string(1000, 'x'), ""}, false), row);
  EXPECT_EQ(up_to_date({std::string(1000, 'x'), ""}, true), row);
}

TEST_F(JournalOfAddressesTest, WhatNoServerSaysIsNotKept) {
  Make({std::string(100'000, 'x'), ""});
  ASSERT_TRUE(Row());
  EXPECT_TRUE(Row()->validators.empty());
  Make({"\"a\r\nb: c\"", ""});
  EXPECT_TRUE(Row()->validators.empty());
}

TEST_F(JournalOfAddressesTest, WhatAServerRefusesForGoodIsKnown) {
  Fail({ErrorCode::kHttp, "404 Not Found"}, true, true);
  EXPECT_EQ(KnownOf(), Knowledge::kYes);
  options_.journal.retry_failed = true;
  EXPECT_EQ(KnownOf(), Knowledge::kNo);
  options_.journal.retry_failed = false;
  options_.limits.max_input_bytes = 1;
  EXPECT_EQ(KnownOf(), Knowledge::kNo);
}

TEST_F(JournalOfAddressesTest, WhatMayPassIsTriedAgain) {
  Fail({ErrorCode::kHttp, "503 Service Unavailable"}, false, true);
  ASSERT_TRUE(Row());
  EXPECT_EQ(Row()->error, (Error{ErrorCode::kHttp, "503 Service Unavailable"}));
  EXPECT_EQ(KnownOf(), Knowledge::kNo);
  Fail({ErrorCode::kIo, "no memory of it"}, true, false, kFirst);
  EXPECT_EQ(KnownOf(), Knowledge::kNo);
}

TEST_F(JournalOfAddressesTest, WhatIsWrongWithAPictureHoldsWhileItIsTheSame) {
  Fail({ErrorCode::kCorrupt, "broken"}, false, false, kFirst);
  EXPECT_EQ(Row()->validators, kFirst);
  EXPECT_EQ(KnownOf(), Knowledge::kIfUnchanged);
  EXPECT_EQ(KnownOf(kAddress, false), Knowledge::kNo);
  // A server that says nothing can't be asked whether it is.
  Fail({ErrorCode::kCorrupt, "broken"}, false, false);
  EXPECT_EQ(KnownOf(), Knowledge::kNo);
  Fail({ErrorCode::kCorrupt, "broken"}, false, false, {}, "/photos/a.jpg");
  EXPECT_EQ(KnownOf("/photos/a.jpg"), Knowledge::kYes);
}

TEST_F(JournalOfAddressesTest, ServersThatFailLeaveWhatIsKnown) {
  Make(kFirst);
  const JournalRow made = *Row();
  for (const bool lasting : {false, true}) {
    Fail({ErrorCode::kHttp, "503"}, lasting, true, lasting ? kSecond : UrlValidators{});
    JournalRow row = *Row();
    EXPECT_EQ(row.status, PictureStatus::kFailed);
    EXPECT_EQ(row.options != 0, lasting);
    EXPECT_EQ(row.validators, kFirst);
    EXPECT_EQ(row.modified, made.modified);
    EXPECT_EQ(row.bytes, made.bytes);
    EXPECT_EQ(row.outputs, made.outputs);
    EXPECT_EQ(IsCurrent(true), Current::kByItsRow);
  }
  // Broken off after the server had said that there is another one.
  Fail({ErrorCode::kHttp, "the connection broke"}, false, false, kSecond);
  EXPECT_TRUE(Row()->validators.empty());
  EXPECT_EQ(IsCurrent(true), Current::kNo);
}

TEST_F(JournalOfAddressesTest, WhatOnlyLooksLikeOneIsNotKept) {
  const std::string input = "http://user:secret@:0/";
  ASSERT_FALSE(ParseUrl(input));
  Fail({ErrorCode::kUnsupported, "no address"}, false, false, {}, input);
  EXPECT_THAT(All(*Open(Path())), IsEmpty());
  EXPECT_EQ(KnownOf(input), Knowledge::kNo);
}

TEST_F(JournalOfAddressesTest, RowsAreCopiedWithWhatServersSay) {
  Make(kFirst);
  Make(kSecond, "http://host/other.jpg");
  Fail({ErrorCode::kHttp, "503"}, false, true, {}, "http://host/failed.jpg");
  Make({}, "/photos/a.jpg");
  const auto from = Open(Path(), JournalStore::Mode::kReadOnly);
  const auto to = Open(Path("other"));
  Write(*to, {{kAddress, JournalRowOf(1)}});
  ASSERT_TRUE(CopyJournalRows(*from, *to));
  JournalRows rows = All(*to);
  EXPECT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[kAddress].validators, kFirst);
  EXPECT_EQ(rows["http://host/other.jpg"].validators, kSecond);
  EXPECT_EQ(rows["http://host/failed.jpg"].options, 0u);
}

}  // namespace
}  // namespace tbbthumbs
