-- @name slot-acquire
-- @keys slots
-- @args id limit until_ms
-- @returns ok | full
-- @invariants never more holders than the limit; a place that is never given back runs out
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return { 'ok' } end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', whole(now_ms()))
  if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return { 'full' } end
end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
return { 'ok' }
