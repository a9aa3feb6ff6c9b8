// Takes memory until the limit of the isolate ends it.
const kept = [];
for (;;) kept.push(new Array(10_000).fill(kept.length));
