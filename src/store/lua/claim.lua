-- @name claim
-- @keys session events
-- @args entry runtime broker epoch takeover runtime_json claim_id own_channel
-- @returns ok fence attempts tenant request code deadline created told | lost fence attempts tenant created | done | busy | missing
-- @invariants one claim at a time; every claim has a fence of its own, and voids the one before; a repeat has the same answer
local s = load(ARGV[8])
if not s.state then return { 'missing' } end
if is_terminal(s.state) then return { 'done' } end
local v = redis.call('HMGET', KEYS[1], 'eid', 'fn', 'attempts', 'tenant', 'request', 'code', 'deadline', 'created',
  'cid')
local fn = tonumber(v[2]) + 1
local ep = whole(math.max(tonumber(s.ep), tonumber(ARGV[4])))
local fence = ep .. '-' .. whole(fn)
if s.state == 'running' then
  -- Asked again, since the answer was lost on its way.
  if v[9] == ARGV[7] then return { 'ok', s.fence, v[3], v[4], v[5], v[6], v[7], v[8] } end
  if v[9] == 'x' .. ARGV[7] then return { 'lost', s.fence, v[3], v[4], v[8] } end
  if ARGV[5] ~= '1' or v[1] ~= ARGV[1] then return { 'busy' } end
  redis.call('HSET', KEYS[1], 'fn', whole(fn), 'ep', ep, 'fence', fence, 'broker', ARGV[3],
    'cid', 'x' .. ARGV[7])
  return { 'lost', fence, v[3], v[4], v[8] }
end
-- Given back since: this is a repeat that comes late, and nobody waits for it.
if v[9] == ARGV[7] then return { 'busy' } end
local attempts = whole(tonumber(v[3]) + 1)
s.ep = ep
push(s, 'started', '{"runtimeId":' .. ARGV[6] .. ',"attempt":' .. attempts .. '}', 'state', 'running', 'fn', whole(fn),
  'ep', ep, 'fence', fence, 'eid', ARGV[1], 'rt', ARGV[2], 'broker', ARGV[3], 'attempts', attempts,
  'cid', ARGV[7])
return { 'ok', fence, attempts, v[4], v[5], v[6], v[7], v[8], s.told }
