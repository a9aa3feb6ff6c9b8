-- @name release
-- @keys session events
-- @args fence payload
-- @returns ok entry route priority deadline | stale
-- @invariants nothing of the script has run: the attempt does not count; the fence is void, but for a repeat of this
local s = load()
local is_repeat = s.state == 'queued' and s.fence == ARGV[1]
if not is_repeat and not holds(s, ARGV[1]) then return { 'stale' } end
local v = redis.call('HMGET', KEYS[1], 'eid', 'route', 'priority', 'attempts', 'deadline')
if not is_repeat then
  push(s, 'queued', ARGV[2], 'state', 'queued', 'rt', '', 'broker', '', 'attempts', whole(tonumber(v[4]) - 1))
end
return { 'ok', v[1], v[2], v[3], v[5] }
