import { expect, test } from 'vitest';
import { countTests } from './count-tests.mjs';

const file = (status, ...tests) => ({ status, assertionResults: tests.map((result) => ({ status: result })) });
const report = (...testResults) => {
  const all = testResults.flatMap((result) => result.assertionResults);
  const count = (status) => all.filter((result) => result.status === status).length;
  return { numPassedTests: count('passed'), numFailedTests: count('failed'), testResults };
};

test('passed and failed tests are counted', () => {
  expect(countTests(report(file('passed', 'passed', 'passed'), file('failed', 'passed', 'failed')), 1)).toEqual({ passed: 3, failed: 1 });
  expect(countTests(report(file('passed', 'passed')), 0)).toEqual({ passed: 1, failed: 0 });
});

test('a file that does not load is a failure though no test of it failed', () => {
  expect(countTests(report(file('passed', 'passed'), file('failed')), 1)).toEqual({ passed: 1, failed: 1 });
});

test('an unhandled error is a failure though every test passed', () => {
  expect(countTests(report(file('passed', 'passed')), 1)).toMatchObject({ passed: 1, failed: 1 });
  expect(countTests(report(file('passed', 'passed')), null)).toMatchObject({ passed: 1, failed: 1 });
});

test('a run without a test, or without a report, is a failure', () => {
  expect(countTests(report(), 0)).toMatchObject({ passed: 0, failed: 1, reason: 'no test ran' });
  expect(countTests(undefined, 0)).toMatchObject({ passed: 0, failed: 1 });
});
