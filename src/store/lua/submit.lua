-- @name submit
-- @keys session events
-- @args at_ms late_ms deadline_ms keep_ms epoch init watcher tenant route priority labels request code runtime_json broker runtime claim_id
-- @returns created fence | exists | late
-- @invariants a session is created at most once; one that exists has been queued before, or runs under a lease
if redis.call('EXISTS', KEYS[1]) == 1 then
  -- Asked again, since the answer was lost on its way.
  local v = redis.call('HMGET', KEYS[1], 'cid', 'fence', 'state')
  if v[1] == ARGV[17] and v[3] == 'running' then return { 'created', v[2] } end
  return { 'exists' }
end
local now = now_ms()
if now - tonumber(ARGV[1]) > tonumber(ARGV[2]) then return { 'late' } end
local s = { seq = 0, ep = ARGV[5], bells = ARGV[7] }
s.seq = push(s, 'session_init', ARGV[6], 'state', 'queued', 'created', whole(now), 'deadline', ARGV[3], 'ep', ARGV[5],
  'ep0', ARGV[5], 'fn', '0', 'fence', '', 'attempts', '0', 'emit', '0', 'bells', ARGV[7], 'tenant', ARGV[8],
  'route', ARGV[9], 'priority', ARGV[10], 'labels', ARGV[11], 'request', ARGV[12], 'code', ARGV[13])
local fence = ''
if ARGV[16] ~= '' then
  -- Handed out as it is created: what claim.lua does, without an entry.
  fence = ARGV[5] .. '-1'
  push(s, 'started', '{"runtimeId":' .. ARGV[14] .. ',"attempt":1}', 'state', 'running', 'fn', '1', 'fence', fence,
    'eid', 'direct', 'rt', ARGV[16], 'broker', ARGV[15], 'attempts', '1',
    'cid', ARGV[17])
end
-- A session that every process forgets still ends: long after its deadline the keys go by themselves.
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return { 'created', fence }
