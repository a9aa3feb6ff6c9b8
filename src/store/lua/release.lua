-- @name release
-- @keys session events
-- @args fence payload
-- @returns ok entry route priority deadline | stale
-- @invariants nothing of the script has run: the attempt does not count; the fence is void
local s = load()
if not holds(s, ARGV[1]) then return { 'stale' } end
local v = redis.call('HMGET', KEYS[1], 'eid', 'route', 'priority', 'attempts', 'deadline')
push(s, 'queued', ARGV[2], 'state', 'queued', 'fence', '', 'eid', '', 'rt', '', 'broker', '', 'attempts',
  whole(tonumber(v[4]) - 1))
return { 'ok', v[1], v[2], v[3], v[5] }
