-- @name take
-- @keys high normal low
-- @args consumer total quota_high quota_normal quota_low
-- @returns entries of high, normal, low: each {entry, id, at}
-- @invariants an entry goes to one consumer; quotas first, what is left of the total by priority
local left = tonumber(ARGV[2])
local out = { {}, {}, {} }
local function read(i, count)
  if count <= 0 then return end
  local ask = { 'XREADGROUP', 'GROUP', 'rt', ARGV[1], 'COUNT', count, 'STREAMS', KEYS[i], '>' }
  local reply = redis.pcall(unpack(ask))
  if type(reply) == 'table' and reply.err then
    -- No group yet, or none any more after a restart without data. What is in the stream is still work.
    redis.pcall('XGROUP', 'CREATE', KEYS[i], 'rt', '0', 'MKSTREAM')
    reply = redis.pcall(unpack(ask))
  end
  if type(reply) ~= 'table' or reply.err then return end
  for _, entry in ipairs(reply[1][2]) do
    if entry[2] then
      out[i][#out[i] + 1] = { entry[1], entry[2][2], entry[2][4] }
      left = left - 1
    end
  end
end
for i = 1, 3 do read(i, math.min(left, tonumber(ARGV[2 + i]))) end
for i = 1, 3 do read(i, left) end
return out
