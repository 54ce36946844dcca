/**
 * What a vitest run came to, from its JSON report and its exit code (null when a signal ended it).
 *
 * @returns {{ passed: number, failed: number, reason?: string }} `reason` when a failure is not a test's own.
 */
export function countTests(report, exitCode) {
  if (report === undefined) return { passed: 0, failed: 1, reason: `vitest left no report; its exit code was ${exitCode}` };
  const passed = report.numPassedTests;
  // A file that could not be loaded, or whose hooks failed, has failed without a failed test in it.
  const failedFiles = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = report.numFailedTests + failedFiles.length;
  if (failed > 0) return { passed, failed };
  if (passed === 0) return { passed, failed: 1, reason: 'no test ran' };
  if (exitCode !== 0) return { passed, failed: 1, reason: `every test passed, yet vitest ended with exit code ${exitCode}: see the errors above` };
  return { passed, failed };
}
