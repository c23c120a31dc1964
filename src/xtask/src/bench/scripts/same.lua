-- Each request is the same: arguments are a method, a path, and for a body its type and content.
sent = 0

local text

function init(arguments)
  local headers = arguments[3] and { ["Content-Type"] = arguments[3] } or {}
  text = wrk.format(arguments[1], arguments[2], headers, arguments[4])
end

function request()
  sent = sent + 1
  return text
end
