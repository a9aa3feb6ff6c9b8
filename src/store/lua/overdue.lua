-- @name overdue
-- @keys deadlines
-- @args limit defer_ms
-- @returns ids whose time is over
-- @invariants one broker at a time looks after a session: it is told to nobody else for defer_ms
local now = now_ms()
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', whole(now), 'LIMIT', 0, ARGV[1])
for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], whole(now + tonumber(ARGV[2])), id) end
return ids
