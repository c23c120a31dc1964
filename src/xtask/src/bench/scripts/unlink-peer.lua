-- Each request unlinks another login of the peer: arguments are the file with the session cookie and the id of each, and the
-- line at which to begin.
local requests, place = {}, 0

sent = 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local cookie, account = line:match("^([^\t]+)\t(.+)$")
    requests[#requests + 1] = { cookie = cookie, body = '{"accountId":"' .. account .. '"}' }
  end
  place = tonumber(arguments[2])
end

function request()
  local next = requests[place % #requests + 1]
  place, sent = place + 1, sent + 1
  local origin = "http://" .. wrk.headers["Host"]
  local headers = { ["Cookie"] = next.cookie, ["Content-Type"] = "application/json", ["Origin"] = origin }
  return wrk.format("POST", "/api/auth/unlink-account", headers, next.body)
end
