-- @name put
-- @keys session events tools
-- @args claim_id keep_ms epoch fence fence_count runtime broker created deadline bells tenant route priority labels request code attempts emitted events_json tools_json
-- @returns created | exists
-- @invariants a session is created at most once; this one runs already, under a lease, with all that has happened so far
local cid = redis.call('HGET', KEYS[1], 'cid')
-- Asked again, since the answer was lost on its way.
if cid then return { cid == ARGV[1] and 'created' or 'exists' } end
if redis.call('EXISTS', KEYS[1]) == 1 then return { 'exists' } end
local seq = 0
for _, event in ipairs(cjson.decode(ARGV[19])) do
  redis.call('XADD', KEYS[2], event[1], 'ts', event[2], 't', event[3], 'p', event[4])
  seq = seq + 1
end
redis.call('HSET', KEYS[1], 'cid', ARGV[1], 'ep', ARGV[3], 'ep0', ARGV[3], 'fence', ARGV[4], 'fn', ARGV[5], 'rt', ARGV[6],
  'broker', ARGV[7], 'created', ARGV[8], 'deadline', ARGV[9], 'bells', ARGV[10], 'tenant', ARGV[11], 'route', ARGV[12],
  'priority', ARGV[13], 'labels', ARGV[14], 'request', ARGV[15], 'code', ARGV[16], 'attempts', ARGV[17],
  'emit', ARGV[18], 'seq', whole(seq), 'state', 'running', 'eid', 'direct')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
local tools = cjson.decode(ARGV[20])
for _, call in ipairs(tools) do redis.call('HSET', KEYS[3], call[1], call[2]) end
if #tools > 0 then redis.call('PEXPIRE', KEYS[3], ARGV[2]) end
return { 'created' }
