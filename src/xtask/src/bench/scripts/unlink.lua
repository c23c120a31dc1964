-- Each request unlinks another login: arguments are a bearer token, how many people have logins to unlink, the distance
-- between their numbers, and the place in the order of all logins at which to begin: first one of each person.
local authorization, people, distance, place

sent = 0

function init(arguments)
  authorization = "Bearer " .. arguments[1]
  people, distance, place = tonumber(arguments[2]), tonumber(arguments[3]), tonumber(arguments[4])
end

function request()
  local person = place % people * distance
  local login = person * 100000 + math.floor(place / people)
  place, sent = place + 1, sent + 1
  local path = string.format("/api/v2/users/auth0%%7Cu%d/identities/github/%d", person, login)
  return wrk.format("DELETE", path, { ["Authorization"] = authorization })
end
