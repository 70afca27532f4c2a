// Inputs that are pictures on the web.
#ifndef TBBTHUMBS_PIPELINE_URL_INPUT_H_
#define TBBTHUMBS_PIPELINE_URL_INPUT_H_

#include <string_view>

#include "pipeline/item.h"

namespace tbbthumbs {

// An input that is given by its address. What is none has an error, and no `url`; its path shows no password.
InputFile UrlInput(std::string_view address);

// As a list of addresses has it (see FileList::urls): "ADDRESS", or "ADDRESS<TAB>NAME", with blanks around both. Of
// NAME only names count, not "." and "..", nor a '/' at its beginning; nothing is left of it: as if it were not given.
InputFile ListedUrlInput(std::string_view entry);

// Without the blanks, tabs and ends of lines around it.
std::string_view Trimmed(std::string_view text);

}  // namespace tbbthumbs

#endif  // TBBTHUMBS_PIPELINE_URL_INPUT_H_
