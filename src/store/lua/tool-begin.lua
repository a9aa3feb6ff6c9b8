-- @name tool-begin
-- @keys session events tools
-- @args fence call broker effect hash event gone_broker keep_ms own_channel
-- @returns run told | done ok(0|1) result | wait broker | doubt | mismatch | stale
-- @invariants a call is begun by one broker; one with effect `once` is begun once
local s = load(ARGV[9])
if not holds(s, ARGV[1]) then return { 'stale' } end
local c = read_call(ARGV[2])
if not c then
  write_call(ARGV[2], { st = 'run', b = ARGV[3], e = ARGV[4], h = ARGV[5], r = '' })
  if redis.call('HLEN', KEYS[3]) == 1 then redis.call('PEXPIRE', KEYS[3], ARGV[8]) end
  push(s, 'tool_call', ARGV[6])
  return { 'run', s.told }
end
if c.h ~= ARGV[5] then return { 'mismatch' } end
if c.st == 'doubt' then return { 'doubt' } end
if c.st ~= 'run' then return { 'done', c.st == 'ok' and '1' or '0', c.r } end
if c.b ~= ARGV[7] then return { 'wait', c.b } end
if c.e == 'once' then
  c.st = 'doubt'
  write_call(ARGV[2], c)
  return { 'doubt' }
end
c.b = ARGV[3]
write_call(ARGV[2], c)
return { 'run' }
