-- @name tool-done
-- @keys session events tools
-- @args fence call broker hash call_event ok result result_event keep_ms own_channel
-- @returns ok told events | done ok(0|1) result | doubt | mismatch | stale
-- @invariants for calls that only read: begun and answered in one step. The first answer stays
local s = load(ARGV[10])
if not holds(s, ARGV[1]) then return { 'stale' } end
local c = read_call(ARGV[2])
if c then
  if c.h ~= ARGV[4] then return { 'mismatch' } end
  if c.st == 'doubt' then return { 'doubt' } end
  if c.st ~= 'run' then return { 'done', c.st == 'ok' and '1' or '0', c.r } end
end
write_call(ARGV[2], { st = ARGV[6] == '1' and 'ok' or 'err', b = ARGV[3], e = 'read', h = ARGV[4], r = ARGV[7] })
if not c then
  if redis.call('HLEN', KEYS[3]) == 1 then redis.call('PEXPIRE', KEYS[3], ARGV[9]) end
  note(s, 'tool_call', ARGV[5])
end
push(s, 'tool_result_applied', ARGV[8])
return { 'ok', s.told, c and '1' or '2' }
