// expect: ok, SYNTAX_ERROR, SCRIPT_ERROR
// value: []
return []; })(); (async () => { "use strict"; return ['host', 'limits', 'finish', 'deliver', 'wrapped', 'H', '$0', 'evaluate'].filter((name) => { try { return eval(`typeof ${name}`) !== 'undefined' } catch { return false } });
