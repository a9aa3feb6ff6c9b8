-- @name depth
-- @keys high normal low
-- @args
-- @returns the entries of each that nobody has taken
-- @invariants changes nothing
local depths = {}
for i = 1, 3 do
  local pending = redis.pcall('XPENDING', KEYS[i], 'rt')
  local taken = (type(pending) == 'table' and not pending.err) and pending[1] or 0
  depths[i] = redis.call('XLEN', KEYS[i]) - taken
end
return depths
