// What options say of pictures on the web.
#ifndef TBBTHUMBS_TOOLS_READ_URLS_H_
#define TBBTHUMBS_TOOLS_READ_URLS_H_

#include "pipeline/url_options.h"
#include "tools/option_reader.h"

namespace tbbthumbs::tool {

// How they are fetched.
void ReadUrls(OptionReader& reader, UrlOptions& urls);

}  // namespace tbbthumbs::tool

#endif  // TBBTHUMBS_TOOLS_READ_URLS_H_
