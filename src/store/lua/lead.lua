-- @name lead
-- @keys role
-- @args broker ttl_ms
-- @returns 1 | 0
-- @invariants one broker has the role at a time; ttl 0 gives it back
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return { '0' } end
if tonumber(ARGV[2]) == 0 then
  redis.call('DEL', KEYS[1])
  return { '0' }
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return { '1' }
