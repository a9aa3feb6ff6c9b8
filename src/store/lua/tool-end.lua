-- @name tool-end
-- @keys session events tools
-- @args call ok result event broker_channel_prefix from_client(0|1) own_broker
-- @returns ok told | already | missing
-- @invariants no fence: the effect has happened. The first answer stays. A client answers external calls only. No event follows `final`
local c = read_call(ARGV[1])
if not c or (ARGV[6] == '1' and c.e ~= 'external') then return { 'missing' } end
local s = load(ARGV[5] .. ARGV[7])
if c.st ~= 'run' or (ARGV[6] == '1' and s.state ~= 'running') then return { 'already' } end
c.st = ARGV[2] == '1' and 'ok' or 'err'
c.r = ARGV[3]
write_call(ARGV[1], c)
if s.state == 'running' then push(s, 'tool_result_applied', ARGV[4]) end
-- A broker that asks knows the answer already; one that waits for a client's does not.
if s.broker and (s.broker ~= ARGV[7] or ARGV[6] == '1') then redis.call('PUBLISH', ARGV[5] .. s.broker, 't:' .. session_id()) end
return { 'ok', s.told }
