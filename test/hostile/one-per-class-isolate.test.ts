import { testScripts } from './attack.ts';
import { readRepresentatives } from './corpus.ts';

testScripts('isolate', readRepresentatives());
