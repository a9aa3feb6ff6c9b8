-- @name epoch
-- @keys epoch
-- @args run_id
-- @returns the epoch of this lineage of the data
-- @invariants rises whenever the server was restarted, failed over or lost its data
local v = redis.call('HMGET', KEYS[1], 'run', 'ep')
if v[1] == ARGV[1] then return { v[2] } end
local ep = whole(math.max(tonumber(v[2] or '0') + 1, math.floor(now_ms() / 1000)))
redis.call('HSET', KEYS[1], 'run', ARGV[1], 'ep', ep)
return { ep }
