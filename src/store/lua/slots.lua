-- @name slots
-- @keys slots
-- @args released asked limit until_ms
-- @returns for each id that asked, in order: 1 when it has a place, else 0
-- @invariants never more holders than the limit; a place that is never given back runs out; asking again renews it
for id in string.gmatch(ARGV[1], '%S+') do redis.call('ZREM', KEYS[1], id) end
local asked = {}
for id in string.gmatch(ARGV[2], '%S+') do asked[#asked + 1] = id end
if #asked == 0 then return { '' } end
local limit = tonumber(ARGV[3])
local held = redis.call('ZCARD', KEYS[1])
if held + #asked > limit then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', whole(now_ms()))
  held = redis.call('ZCARD', KEYS[1])
end
local given = {}
for i, id in ipairs(asked) do
  if held < limit then
    held = held + redis.call('ZADD', KEYS[1], ARGV[4], id)
    given[i] = '1'
  elseif redis.call('ZSCORE', KEYS[1], id) then
    redis.call('ZADD', KEYS[1], ARGV[4], id)
    given[i] = '1'
  else
    given[i] = '0'
  end
end
return { table.concat(given) }
