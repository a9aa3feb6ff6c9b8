-- Put before every script. KEYS[1] is always the session's hash `…session:{id}`, KEYS[2] its event stream.
-- Replies are arrays whose first element is a code; nothing is thrown. Time comes from the server.

-- Time stands still while a script runs: it is asked for once.
local clock_ms
local function now_ms()
  if not clock_ms then
    local t = redis.call('TIME')
    clock_ms = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
  end
  return clock_ms
end

-- Numbers as text without an exponent: Lua would write 1.76e+12.
local function whole(n)
  return string.format('%.0f', n)
end

local function session_id()
  return string.match(KEYS[1], '{(.*)}$')
end

local function is_terminal(state)
  return state == 'completed' or state == 'failed' or state == 'cancelled'
end

-- Adds an event and tells every watcher. Inside the script that changes the state, or a notice would get lost.
-- A short event goes along with the notice, so that watchers need not read it. `s.own` is the channel of whoever runs the
-- script: it hears by the reply, `s.told`, "<event id> <time>" of the last event, or nothing when it does not watch.
local function note(s, kind, payload)
  s.seq = tonumber(s.seq) + 1
  local id = s.ep .. '-' .. whole(s.seq)
  local ts = whole(now_ms())
  redis.call('XADD', KEYS[2], id, 'ts', ts, 't', kind, 'p', payload)
  if not s.bells or s.bells == '' then return end
  if s.bells == s.own then
    s.told = id .. ' ' .. ts
    return
  end
  local text = 's:' .. session_id()
  if #payload <= 2048 then text = table.concat({ text, id, ts, kind, payload }, ' ') end
  for channel in string.gmatch(s.bells, '[^,]+') do
    if channel == s.own then s.told = id .. ' ' .. ts else redis.call('PUBLISH', channel, text) end
  end
end

-- The same; fields and values that change with the event follow: they are written with its number, in one command.
local function push(s, kind, payload, ...)
  note(s, kind, payload)
  redis.call('HSET', KEYS[1], 'seq', whole(s.seq), ...)
end

-- The fields that most rules look at. `state` is false when there is no such session.
local function load(own)
  local v = redis.call('HMGET', KEYS[1], 'state', 'fence', 'ep', 'seq', 'bells', 'broker')
  return { state = v[1], fence = v[2], ep = v[3], seq = v[4], bells = v[5], broker = v[6], own = own, told = '' }
end

local function holds(s, fence)
  return s.state == 'running' and s.fence == fence
end

-- One terminal state, the final event, and an end for every key. KEYS[3] is the tool journal.
local function terminate(s, state, final, events_ms, result_ms)
  push(s, 'final', final, 'state', state, 'final', final)
  -- What an ended session is asked for is kept; it lies there for minutes, and in great numbers.
  redis.call('HDEL', KEYS[1], 'request', 'code', 'fence', 'fn', 'emit', 'eid', 'rt', 'broker', 'bells', 'cancel',
    'cid')
  redis.call('PEXPIRE', KEYS[1], result_ms)
  redis.call('PEXPIRE', KEYS[2], events_ms)
  -- Created, started, ended: then there was no call.
  if s.seq > 3 then redis.call('PEXPIRE', KEYS[3], events_ms) end
end

-- A journaled call: status|broker|effect|hash|result
local function read_call(call)
  local text = redis.call('HGET', KEYS[3], call)
  if not text then return nil end
  local st, b, e, h, r = string.match(text, '^(%a+)|([^|]*)|([^|]*)|([^|]*)|(.*)$')
  return { st = st, b = b, e = e, h = h, r = r }
end

local function write_call(call, c)
  redis.call('HSET', KEYS[3], call, c.st .. '|' .. c.b .. '|' .. c.e .. '|' .. c.h .. '|' .. c.r)
end
