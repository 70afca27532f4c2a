#include "codecs/xmp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "codecs/metadata.h"

namespace tbbthumbs {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Rewrite(std::string_view packet, const XmpEdit& edit = {.size = {256, 192}, .turned = true}) {
  const auto made = RewriteXmp({reinterpret_cast<const std::byte*>(packet.data()), packet.size()}, edit);
  return {reinterpret_cast<const char*>(made.data()), made.size()};
}

std::string Packet(const std::string& attributes, const std::string& elements = "", const std::string& more = "") {
  return "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">"
         "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\" "
         "xmlns:tiff=\"http://ns.adobe.com/tiff/1.0/\" xmlns:exif='http://ns.adobe.com/exif/1.0/' "
         "xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:xmpNote=\"http://ns.adobe.com/xmp/note/\" "
         "xmlns:photoshop = \"http://ns.adobe.com/photoshop/1.0/\"" +
         attributes + ">" + elements + "</rdf:Description></rdf:RDF></x:xmpmeta>" + more + "<?xpacket end=\"w\"?>";
}

TEST(RewriteXmp, AttributesAndElementsAreMadeTrue) {
  const std::string made =
      Rewrite(Packet(" tiff:Orientation=\"6\" tiff:ImageWidth='4000' exif:PixelXDimension = \"4000\" dc:kept=\"yes\"",
                     "<tiff:ImageLength>3000</tiff:ImageLength><exif:PixelYDimension rdf:x=\"1\">3000"
                     "</exif:PixelYDimension><exif:ColorSpace>65535</exif:ColorSpace>"));
  for (const char* said : {" tiff:Orientation=\"1\"", " tiff:ImageWidth='256'", "exif:PixelXDimension = \"256\"",
                           "<tiff:ImageLength>192</tiff:ImageLength>", "rdf:x=\"1\">192</exif:PixelYDimension>",
                           "<exif:ColorSpace>1</exif:ColorSpace>", "dc:kept=\"yes\"", "<?xpacket end"}) {
    EXPECT_THAT(made, HasSubstr(said));
  }
  EXPECT_THAT(Rewrite(Packet(" exif:ColorSpace=\"1\""), {{1, 1}, false}), HasSubstr(" exif:ColorSpace=\"65535\""));
}

TEST(RewriteXmp, WhatIsTrueStaysToTheByte) {
  const std::string packet = Packet(" tiff:Orientation=\"1\" dc:x=\"tiff:Orientation\"",
                                    "<dc:description>a tiff:Orientation is not said here</dc:description>"
                                    "<tiff:OrientationNote>6</tiff:OrientationNote>");
  EXPECT_EQ(Rewrite(packet), packet);
}

TEST(RewriteXmp, OtherPrefixesAreFound) {
  std::string packet = Packet(" t:Orientation=\"8\"");
  packet.insert(packet.find("xmlns:tiff"), "xmlns:t=\"http://ns.adobe.com/tiff/1.0/\" ");
  EXPECT_THAT(Rewrite(packet), HasSubstr(" t:Orientation=\"1\""));
  // A prefix of that name of another namespace is none.
  const std::string other = "<rdf:RDF xmlns:tiff=\"http://example.com/\"><a tiff:Orientation=\"6\"/></rdf:RDF>";
  EXPECT_EQ(Rewrite(other), other);
}

TEST(RewriteXmp, AnOrientationThatTurnedNothingStays) {
  EXPECT_THAT(Rewrite(Packet(" tiff:Orientation=\"6\""), {.size = {256, 192}}), HasSubstr(" tiff:Orientation=\"6\""));
}

TEST(RewriteXmp, WhatMayBeUntrueIsDroppedWhole) {
  const std::string fine = Packet("", "<x/>");
  EXPECT_NE(Rewrite(fine), "");
  for (const char* element :
       {"<Orientation xmlns=\"http://ns.adobe.com/tiff/1.0/\">6</Orientation>",
        "<t:Orientation xmlns:t=\"http:&#x2f;&#x2f;ns.adobe.com&#x2f;tiff&#x2f;1.0&#x2f;\">6</t:Orientation>",
        "<G:MicroVideo xmlns:G=\"http://ns.google.com/photos/1.0/camera/\">1</G:MicroVideo>",
        "<h:Version xmlns:h=\"http://ns.adobe.com/hdr-gain-map/1.0/\">1.0</h:Version>", "<dc:title>caf\xE9</dc:title>",
        "<dc:title>\xED\xA0\x80</dc:title>", "<dc:title>\xC0\xAF</dc:title>"}) {
    EXPECT_EQ(Rewrite(Packet("", element)), "") << element;
  }
  EXPECT_THAT(Rewrite(Packet("", "<dc:title>caf\xC3\xA9 \xF0\x9F\x93\xB7</dc:title>")), HasSubstr("caf\xC3\xA9"));
}

TEST(RewriteXmp, WhatHasNoPlaceInAThumbnailIsTakenOut) {
  const std::string made =
      Rewrite(Packet(" xmpNote:HasExtendedXMP=\"0123\" photoshop:ICCProfile=\"Adobe RGB (1998)\"",
                     "<xmp:Thumbnails><rdf:Alt><rdf:li>AAAA</rdf:li></rdf:Alt></xmp:Thumbnails><xmp:Rating>5"
                     "</xmp:Rating>",
                     std::string(3000, ' ') + "\n"));
  EXPECT_THAT(made, Not(HasSubstr("HasExtended")));
  EXPECT_THAT(made, Not(HasSubstr("Adobe RGB")));
  EXPECT_THAT(made, Not(HasSubstr("AAAA")));
  EXPECT_THAT(made, HasSubstr("<xmp:Rating>5</xmp:Rating>"));
  EXPECT_THAT(made, HasSubstr("</x:xmpmeta>\n<?xpacket end"));
  EXPECT_LT(made.size(), 1000u);
}

TEST(RewriteXmp, WhatIsNotUnderstoodIsDropped) {
  EXPECT_EQ(Rewrite(Packet(" tiff:Orientation=6")), "");
  EXPECT_EQ(Rewrite(Packet("", "<tiff:Orientation>6")), "");
  EXPECT_EQ(Rewrite(Packet("", "<tiff:Orientation><rdf:Seq><rdf:li>6</rdf:li></rdf:Seq></tiff:Orientation>")), "");
  EXPECT_EQ(Rewrite(Packet(" dc:x=\"" + std::string(1, '\0') + "\"")), "");
  EXPECT_EQ(Rewrite("no XMP at all"), "");
  EXPECT_EQ(Rewrite(""), "");
  EXPECT_EQ(Rewrite(Packet(" dc:x=\"" + std::string(kMaxXmpBytes, 'x') + "\"")), "");
  std::string often;
  for (int i = 0; i < 100; ++i) often += " tiff:Orientation=\"6\"";
  EXPECT_EQ(Rewrite(Packet(often)), "");
  std::string prefixes;
  for (int i = 0; i < 100; ++i) prefixes += " xmlns:t" + std::to_string(i) + "=\"http://ns.adobe.com/tiff/1.0/\"";
  EXPECT_EQ(Rewrite(Packet(prefixes)), "");
}

TEST(RewriteXmp, TakesPacketsCutAnywhere) {
  const std::string whole = Packet(" tiff:Orientation=\"6\"", "<exif:PixelXDimension>4000</exif:PixelXDimension>");
  for (size_t length = 0; length < whole.size(); ++length) {
    const std::string made = Rewrite(whole.substr(0, length));
    EXPECT_THAT(made, Not(HasSubstr("Orientation=\"6\""))) << length;
  }
}

}  // namespace
}  // namespace tbbthumbs
