import { testGenerated } from './generated.ts';

testGenerated(60, 20_261_121);
