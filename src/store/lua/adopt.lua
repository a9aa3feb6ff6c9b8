-- @name adopt
-- @keys session
-- @args fence broker
-- @returns ok entry route priority created cancelled(0|1) request | stale
-- @invariants the fence stays: a runtime that moves to another broker keeps its attempt
local s = load()
if not holds(s, ARGV[1]) then return { 'stale' } end
redis.call('HSET', KEYS[1], 'broker', ARGV[2])
local v = redis.call('HMGET', KEYS[1], 'eid', 'route', 'priority', 'created', 'cancel', 'request')
return { 'ok', v[1], v[2], v[3], v[4], v[5] or '0', v[6] }
