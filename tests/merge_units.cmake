# Writes OUTPUT: the tests of UNITS one after the other, to be compiled at once. The unnamed namespace of each goes into
# a namespace of its own, so that they may use the same names.
#   cmake -DOUTPUT=FILE -DUNITS=FILE;FILE... -P merge_units.cmake
set(merged)
foreach(unit IN LISTS UNITS)
  file(READ ${unit} text)
  get_filename_component(name ${unit} NAME_WE)
  string(REGEX MATCH "\n(namespace tbbthumbs[a-z:]* {)\nnamespace {\n.*\n}(  // namespace)\n}  // namespace tbbthumbs[a-z:]*\n$"
    body "${text}")
  if(NOT body)
    message(FATAL_ERROR "${unit}: not all of it is in namespace tbbthumbs and an unnamed namespace within")
  endif()
  string(REGEX REPLACE "\n(namespace tbbthumbs[a-z:]* {)\nnamespace {\n" "\n\\1 namespace ${name} {\nnamespace {\n"
    text "${text}")
  string(APPEND merged "#line 1 \"${unit}\"\n${text}}\n")
endforeach()
file(WRITE ${OUTPUT} "${merged}")
