-- @name tool-end
-- @keys session events tools
-- @args call ok result event broker_channel_prefix
-- @returns ok | already
-- @invariants no fence: the effect has happened. The first answer stays. No event follows `final`
local c = read_call(ARGV[1])
if not c or c.st ~= 'run' then return { 'already' } end
c.st = ARGV[2] == '1' and 'ok' or 'err'
c.r = ARGV[3]
write_call(ARGV[1], c)
local s = load()
if s.state == 'running' then push(s, 'tool_result_applied', ARGV[4]) end
local owner = redis.call('HGET', KEYS[1], 'broker')
if owner then redis.call('PUBLISH', ARGV[5] .. owner, 't:' .. session_id()) end
return { 'ok' }
