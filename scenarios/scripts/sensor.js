// One reading of a sensor: check it, store it.
const reading = { sensor: args.index, celsius: 20 + (args.index % 100) / 10 };
const isAlarm = reading.celsius > 29;
await callTool('store', reading);
return { isAlarm };
