-- @name append
-- @keys session events
-- @args fence n payload own_channel
-- @returns ok told | dup | stale
-- @invariants line n is stored at most once, and after line n - 1
local s = load(ARGV[4])
if not holds(s, ARGV[1]) then return { 'stale' } end
if tonumber(ARGV[2]) <= tonumber(redis.call('HGET', KEYS[1], 'emit')) then return { 'dup' } end
push(s, 'log', ARGV[3], 'emit', ARGV[2])
return { 'ok', s.told }
