# Flattens a JSON document: one line for each scalar, "path<TAB>value", members joined by dots, array items numbered.
# Strings are unescaped except for line breaks, which stay \n, so that a value is one line.
function unescape(text,    result, position, letter) {
  result = ""
  while ((position = index(text, "\\")) > 0) {
    result = result substr(text, 1, position - 1)
    letter = substr(text, position + 1, 1)
    if (letter == "n") result = result "\\n"
    else if (letter == "u") {
      result = result sprintf("%c", ("0x" substr(text, position + 2, 4)) + 0)
      position += 4
    } else if (letter == "t" || letter == "r" || letter == "b" || letter == "f") result = result " "
    else result = result letter
    text = substr(text, position + 2)
  }
  return result text
}

function path(    result, level) {
  result = key[1]
  for (level = 2; level <= depth; level++) result = result "." key[level]
  return result
}

function take(token,    scalar) {
  if (token == "{" || token == "[") { depth++; kind[depth] = token; key[depth] = token == "[" ? 0 : ""; want = token == "{"; return }
  if (token == "}" || token == "]") { depth--; want = 0; return }
  if (token == ",") { if (kind[depth] == "[") key[depth]++; else want = 1; return }
  if (token == ":") { want = 0; return }
  scalar = token
  if (substr(token, 1, 1) == "\"") scalar = unescape(substr(token, 2, length(token) - 2))
  if (want) { key[depth] = scalar; return }
  print path() "\t" scalar
}

{ text = text $0 " " }

END {
  while (match(text, /"([^"\\]|\\.)*"|[][{},:]|[^][{},: \t"]+/)) {
    take(substr(text, RSTART, RLENGTH))
    text = substr(text, RSTART + RLENGTH)
  }
}
