// expect: ok
// value: {"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 2}}}
// An own key called __proto__ must stay a key and reach no prototype of the embedding process.
return JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 2}}}');
