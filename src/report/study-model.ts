// What a page or a document says about several runs made for one question: a search, a sweep, a comparison, a self-test.
import type { CompareReport } from './compare-report.ts';
import { compareStudy } from './compare-study.ts';
import type { StudyModel } from './document-model.ts';
import type { SearchReport } from './search-report.ts';
import { searchStudy } from './search-study.ts';
import type { SelfTestReport } from './self-test-report.ts';
import { selfTestStudy } from './self-test-study.ts';
import type { SweepReport } from './sweep-report.ts';
import { sweepStudy } from './sweep-study.ts';

/** The report of more than one run. */
export type StudyReport = SearchReport | SweepReport | CompareReport | SelfTestReport;

export function studyModel(report: StudyReport): StudyModel {
  switch (report.kind) {
    case 'search':
      return searchStudy(report);
    case 'sweep':
      return sweepStudy(report);
    case 'compare':
      return compareStudy(report);
    case 'self-test':
      return selfTestStudy(report);
  }
}
