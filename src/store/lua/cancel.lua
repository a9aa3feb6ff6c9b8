-- @name cancel
-- @keys session events tools
-- @args final events_ms result_ms broker_channel_prefix
-- @returns cancelled | marked | done | missing
-- @invariants a queued session ends here; a running one is left to its owner, who is told
local s = load()
if not s.state then return { 'missing' } end
if is_terminal(s.state) then return { 'done' } end
if s.state == 'queued' then
  terminate(s, 'cancelled', ARGV[1], ARGV[2], ARGV[3])
  return { 'cancelled' }
end
redis.call('HSET', KEYS[1], 'cancel', '1')
redis.call('PUBLISH', ARGV[4] .. s.broker, 'c:' .. session_id())
return { 'marked' }
