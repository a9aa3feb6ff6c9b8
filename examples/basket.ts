// Adds up a basket, asking a tool for each price.
interface Line {
  fruit: string;
  count: number;
  cents: number;
}

const basket = Object.entries(args.basket as Record<string, number>);
console.log(`pricing ${basket.length} kinds of fruit`);

const lines: Line[] = await parallel(basket, async ([fruit, count]: [string, number]) => {
  const { cents } = await callTool('getPrice', { fruit });
  return { fruit, count, cents: cents * count };
});

return { lines, totalCents: lines.reduce((sum, line) => sum + line.cents, 0) };
