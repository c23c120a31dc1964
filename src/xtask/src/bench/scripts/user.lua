-- Each request reads another user: arguments are a bearer token, how many users there are to read, the distance between
-- their numbers, and a path with {} for the number.
local authorization, people, distance, before, after
local place = 0

sent = 0

function init(arguments)
  authorization = "Bearer " .. arguments[1]
  people, distance = tonumber(arguments[2]), tonumber(arguments[3])
  before, after = arguments[4]:match("^(.*){}(.*)$")
end

function request()
  -- In steps of a prime, so that neighbours in the database are not read one after the other.
  local person = place * 7919 % people * distance
  place, sent = place + 1, sent + 1
  return wrk.format("GET", before .. person .. after, { ["Authorization"] = authorization })
end
