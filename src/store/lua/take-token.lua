-- @name take-token
-- @keys bucket
-- @args per_second burst
-- @returns taken(0|1) remaining wait_ms
-- @invariants at most burst + per_second * t tokens are given in any time t; a bucket that is full is forgotten
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + tonumber(t[2]) / 1000
local rate, burst = tonumber(ARGV[1]) / 1000, tonumber(ARGV[2])
local v = redis.call('HMGET', KEYS[1], 'n', 'at')
local n = math.min(burst, (tonumber(v[1]) or burst) + math.max(0, now - (tonumber(v[2]) or now)) * rate)
local taken = n >= 1
if taken then n = n - 1 end
redis.call('HSET', KEYS[1], 'n', string.format('%.6f', n), 'at', string.format('%.3f', now))
redis.call('PEXPIRE', KEYS[1], whole(math.ceil((burst - n) / rate) + 1000))
return { taken and '1' or '0', whole(math.floor(n)), whole(n >= 1 and 0 or math.ceil((1 - n) / rate)) }
