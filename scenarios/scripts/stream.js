// Twenty lines of output, about 10 ms apart, with one longer tool call in the middle.
for (let line = 1; line <= 20; line++) {
  console.log(`line ${line} of 20`);
  await callTool(line === 10 ? 'lookup' : 'tick', { line });
}
return 'done';
