import { testScripts } from './attack.ts';
import { readRepresentatives } from './corpus.ts';

testScripts('context', readRepresentatives());
