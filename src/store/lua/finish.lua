-- @name finish
-- @keys session events tools
-- @args fence state final events_ms result_ms owner own_channel
-- @returns ok told tenant route priority labels created deadline attempts seq | stale | already
-- @invariants one terminal state, one final event; an empty fence ends only what is queued
local s = load(ARGV[7])
if not s.state then return { 'stale' } end
if is_terminal(s.state) then return { 'already' } end
if ARGV[1] == '' then
  if s.state ~= 'queued' then return { 'stale' } end
elseif not holds(s, ARGV[1]) then
  return { 'stale' }
end
if ARGV[6] ~= '' and s.broker ~= ARGV[6] then return { 'stale' } end
terminate(s, ARGV[2], ARGV[3], ARGV[4], ARGV[5])
local v = redis.call('HMGET', KEYS[1], 'tenant', 'route', 'priority', 'labels', 'created', 'deadline', 'attempts')
return { 'ok', s.told, v[1], v[2], v[3], v[4], v[5], v[6], v[7], whole(s.seq) }
