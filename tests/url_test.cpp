#include "pipeline/url.h"

#include <gtest/gtest.h>

#include <string>

namespace tbbthumbs {
namespace {

Url Parsed(std::string_view text) {
  auto url = ParseUrl(text);
  EXPECT_TRUE(url.has_value()) << text << ": " << (url ? "" : url.error().message);
  return url.value_or(Url());
}

TEST(LooksLikeUrl, BySchemeAlone) {
  EXPECT_TRUE(LooksLikeUrl("http://a"));
  EXPECT_TRUE(LooksLikeUrl("HTTPS://a"));
  EXPECT_FALSE(LooksLikeUrl("http:/a"));
  EXPECT_FALSE(LooksLikeUrl("ftp://a"));
  EXPECT_FALSE(LooksLikeUrl("./http://a"));
  EXPECT_FALSE(LooksLikeUrl("httpx://a"));
  EXPECT_FALSE(LooksLikeUrl("http"));
}

TEST(ParseUrl, HasOneSpelling) {
  const Url url = Parsed("HTTP://Example.ORG:80/a/../b/./My%20Cat.jpg?w=3&h=4#top");
  EXPECT_EQ(url.text, "http://example.org/b/My%20Cat.jpg?w=3&h=4");
  EXPECT_EQ(url.request, url.text);
  EXPECT_EQ(url.host, "example.org");
  EXPECT_EQ(url.origin, "http://example.org:80");
  EXPECT_EQ(url.path, "b/My Cat.jpg");
}

TEST(ParseUrl, HidesUserAndPassword) {
  const Url url = Parsed("https://me:se%40cret@example.org:8443/cat.jpg");
  EXPECT_EQ(url.text, "https://example.org:8443/cat.jpg");
  EXPECT_EQ(url.request, "https://me:se%40cret@example.org:8443/cat.jpg");
  EXPECT_EQ(url.origin, "https://example.org:8443");
}

TEST(ParseUrl, TakesWhatPeopleWrite) {
  EXPECT_EQ(Parsed("http://example.org/my cat.jpg").text, "http://example.org/my%20cat.jpg");
  EXPECT_EQ(Parsed("http://example.org/my cat.jpg").path, "my cat.jpg");
  EXPECT_EQ(Parsed("http://example.org/h\xC3\xA4user.jpg").path, "h\xC3\xA4user.jpg");
  EXPECT_EQ(Parsed("http://[2001:DB8::1]:8080/a.jpg").host, "2001:db8::1");
  EXPECT_EQ(Parsed("http://[2001:DB8::1]:8080/a.jpg").origin, "http://[2001:db8::1]:8080");
}

TEST(ParseUrl, NamesWhatHasNoName) {
  EXPECT_EQ(Parsed("http://example.org").path, "index");
  EXPECT_EQ(Parsed("http://example.org/?id=3").path, "index");
  EXPECT_EQ(Parsed("http://example.org/albums/").path, "albums/index");
  EXPECT_EQ(Parsed("http://example.org//a///b.jpg").path, "a/b.jpg");
}

TEST(ParseUrl, LeavesNoWayOut) {
  EXPECT_EQ(Parsed("http://example.org/%2e%2e/%2E%2E/etc/passwd").path, "etc/passwd");
  EXPECT_EQ(Parsed("http://example.org/..%2f..%2fetc%2fpasswd").path, "etc/passwd");
  EXPECT_EQ(Parsed("http://example.org/a%00b.jpg").path, "a%00b.jpg");
  EXPECT_EQ(Parsed("http://example.org/a%0Ab.jpg").path, "a%0Ab.jpg");
}

TEST(ParseUrl, SaysWhatIsWrong) {
  const auto message = [](std::string_view text) {
    const auto url = ParseUrl(text);
    if (url) return "taken as " + url->text;
    EXPECT_EQ(url.error().code, ErrorCode::kUnsupported);
    return url.error().message;
  };
  EXPECT_EQ(message("ftp://example.org/a.jpg"),
            "no address of a picture: it begins neither with http:// nor with https://");
  EXPECT_NE(message("http://").find("no address of a picture: "), std::string::npos);
  EXPECT_EQ(message("http://exa%25mple.org/a"), "no address of a picture: it names no host");
  EXPECT_EQ(message("http://%/a"), "no address of a picture: it names no host");
  EXPECT_NE(message("http://example.org:99999/a").find("no address of a picture: "), std::string::npos);
  EXPECT_EQ(message("http://example.org/" + std::string(8000, 'a')), "no address of a picture: it is too long");
}

TEST(WithoutPassword, KeepsTheRest) {
  EXPECT_EQ(WithoutPassword("http://me:secret@host/a@b"), "http://host/a@b");
  EXPECT_EQ(WithoutPassword("http://me:p@ss@host"), "http://host");
  EXPECT_EQ(WithoutPassword("http://host/a@b"), "http://host/a@b");
  EXPECT_EQ(WithoutPassword("ftp://me:secret@host/a"), "ftp://host/a");
  EXPECT_EQ(WithoutPassword("me:secret@host/a"), "host/a");
  EXPECT_EQ(WithoutPassword("http://me:sec/ret?@host/a"), "http://host/a");
  EXPECT_EQ(WithoutPassword("http://host:80/a@b"), "http://host:80/a@b");
  EXPECT_EQ(WithoutPassword("http://[::1]/a@b"), "http://[::1]/a@b");
  EXPECT_EQ(WithoutPassword("http:/me:secret@host/a"), "http:/host/a");
  EXPECT_EQ(WithoutPassword("http//me:secret@host/a"), "http//host/a");
  EXPECT_EQ(WithoutPassword("http:///me:secret@host:99999/a"), "http:///host:99999/a");
  EXPECT_EQ(WithoutPassword("//me:secret@host/a"), "//host/a");
  EXPECT_EQ(WithoutPassword("me:secret@host//a"), "host//a");
  EXPECT_EQ(WithoutPassword("photos/a@b.jpg"), "photos/a@b.jpg");
  EXPECT_EQ(WithoutPassword("/photos/a@b.jpg"), "/photos/a@b.jpg");
  EXPECT_EQ(WithoutPassword("http://"), "http://");
  EXPECT_EQ(WithoutPassword(""), "");
}

}  // namespace
}  // namespace tbbthumbs
