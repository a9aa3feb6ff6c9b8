-- @name read
-- @keys session events
-- @args after_seq after_epoch limit watcher
-- @returns ok lost(0|1) session_fields events | missing
-- @invariants whoever reads with a watcher hears of every event after those returned
local fields = { 'state', 'tenant', 'route', 'priority', 'labels', 'created', 'deadline', 'attempts', 'seq', 'cancel',
  'rt', 'broker', 'final', 'ep', 'ep0', 'bells' }
local v = redis.call('HMGET', KEYS[1], unpack(fields))
if not v[1] then return { 'missing' } end
if ARGV[4] ~= '' and not is_terminal(v[1]) then
  local bells = v[16] or ''
  if not string.find(',' .. bells .. ',', ',' .. ARGV[4] .. ',', 1, true) then
    redis.call('HSET', KEYS[1], 'bells', bells == '' and ARGV[4] or bells .. ',' .. ARGV[4])
  end
end
local seq = tonumber(ARGV[1])
local from, lost = '-', '0'
if seq == 0 then
  local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
  if not first or not string.find(first[1], '%-1$') then lost = '1' end
else
  local ep = ARGV[2]
  local id = nil
  if ep == '' and v[14] == v[15] then ep = v[14] end
  if ep ~= '' then
    local at = redis.call('XRANGE', KEYS[2], ep .. '-' .. ARGV[1], ep .. '-' .. ARGV[1])[1]
    if at then id = at[1] end
  else
    -- Numbers are dense, so the n-th entry is number n while none has been trimmed; else it is looked for.
    for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '-', '+')) do
      if string.find(entry[1], '%-' .. ARGV[1] .. '$') then id = entry[1] end
    end
  end
  if id then from = '(' .. id else lost = '1' end
end
local out = {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', ARGV[3])) do
  local f = entry[2]
  out[#out + 1] = { entry[1], f[2], f[4], f[6] }
end
for i = 1, #fields do v[i] = v[i] or '' end
return { 'ok', lost, v, out }
