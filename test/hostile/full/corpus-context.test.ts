import { testScripts } from '../attack.ts';
import { readCorpus } from '../corpus.ts';

testScripts('context', readCorpus());
