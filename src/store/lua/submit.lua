-- @name submit
-- @keys session events
-- @args at_ms late_ms deadline_ms keep_ms epoch init watcher tenant route priority labels request code runtime_json broker runtime claim_id own_channel
-- @returns created fence told | exists | late
-- @invariants a session is created at most once; one that exists has been queued before, or runs under a lease
if redis.call('EXISTS', KEYS[1]) == 1 then
  -- Asked again, since the answer was lost on its way.
  local v = redis.call('HMGET', KEYS[1], 'cid', 'fence', 'state')
  if v[1] == ARGV[17] and v[3] == 'running' then return { 'created', v[2] } end
  return { 'exists' }
end
local now = now_ms()
if now - tonumber(ARGV[1]) > tonumber(ARGV[2]) then return { 'late' } end
local s = { seq = 0, ep = ARGV[5], bells = ARGV[7], own = ARGV[18], told = '' }
note(s, 'session_init', ARGV[6])
local fence, started = '', {}
if ARGV[16] ~= '' then
  -- Handed out as it is created: what claim.lua does, without an entry.
  fence = ARGV[5] .. '-1'
  note(s, 'started', '{"runtimeId":' .. ARGV[14] .. ',"attempt":1}')
  started = { 'eid', 'direct', 'rt', ARGV[16], 'broker', ARGV[15], 'cid', ARGV[17] }
end
local is_started = fence ~= ''
redis.call('HSET', KEYS[1], 'seq', whole(s.seq), 'state', is_started and 'running' or 'queued', 'created', whole(now),
  'deadline', ARGV[3], 'ep', ARGV[5], 'ep0', ARGV[5], 'fn', is_started and '1' or '0', 'fence', fence,
  'attempts', is_started and '1' or '0', 'emit', '0', 'bells', ARGV[7], 'tenant', ARGV[8], 'route', ARGV[9],
  'priority', ARGV[10], 'labels', ARGV[11], 'request', ARGV[12], 'code', ARGV[13], unpack(started))
-- A session that every process forgets still ends: long after its deadline the keys go by themselves.
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return { 'created', fence, s.told }
