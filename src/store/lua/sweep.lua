-- @name sweep
-- @keys high normal low
-- @args idle_ms
-- @returns the number of consumers that were forgotten
-- @invariants a consumer that holds an entry stays: its entries would go with it
local gone = 0
for i = 1, 3 do
  local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[i], 'rt')
  if type(consumers) == 'table' and not consumers.err then
    for _, c in ipairs(consumers) do
      local f = {}
      for j = 1, #c, 2 do f[c[j]] = c[j + 1] end
      if f.pending == 0 and f.idle > tonumber(ARGV[1]) then
        redis.call('XGROUP', 'DELCONSUMER', KEYS[i], 'rt', f.name)
        gone = gone + 1
      end
    end
  end
end
return { gone }
