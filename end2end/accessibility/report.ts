import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

import type { FullResult, Reporter, TestCase } from '@playwright/test/reporter';

import { AXE_RULE, CRITERIA, type Criterion, isCriterion } from './criteria.ts';

/** A comment above a test: the criteria that it checks, and how. */
const COMMENT = /^\s*\/\/ WCAG ([\d., ]+): (keyboard|pointer|zoom|forced colours|tree snapshot|layout|time|text)$/;

/** What the tests of a run say of one success criterion. */
interface Checks {
  /** The rules of axe that passed for it. */
  axeRules: Set<string>;
  /** The other tests, by how they check. */
  tests: Map<string, Set<string>>;
  hasFailed: boolean;
}

/**
 * Makes the table of `src/docs/accessibility.md`: each success criterion, how this run checked it, and the result. Which
 * criteria a test checks stands in comments above it: `// WCAG 2.4.3, 2.1.2: keyboard`. Writes the table to the file
 * that the environment variable `LINKED_ACCOUNTS_ACCESSIBILITY` names, and fails a run that did not check a criterion.
 */
export default class AccessibilityReport implements Reporter {
  private readonly checks = new Map<Criterion, Checks>();
  private readonly sources = new Map<string, string[]>();
  private readonly tests = new Set<TestCase>();

  onTestEnd(test: TestCase): void {
    this.tests.add(test);
  }

  onEnd(result: FullResult): Promise<{ status?: FullResult['status'] }> {
    for (const test of this.tests) {
      this.addComments(test);
      this.addAxeRules(test);
    }
    const numbers = Object.keys(CRITERIA) as Criterion[];
    const rows = numbers.map((number) => this.row(number));
    const table = ['| Criterion | Level | How it is checked | Result |', '|---|---|---|---|', ...rows, ''];
    writeFileSync(process.env.LINKED_ACCOUNTS_ACCESSIBILITY ?? 'test-results/accessibility.md', table.join('\n'));
    const unchecked = numbers.filter((number) => !this.isChecked(number));
    if (unchecked.length > 0) {
      console.error(`Nothing checks the success criteria ${unchecked.join(', ')}.`);
    }
    return Promise.resolve({ status: unchecked.length > 0 ? 'failed' : result.status });
  }

  private addComments(test: TestCase): void {
    const { file, line } = test.location;
    const source = this.sources.get(file) ?? readFileSync(file, 'utf8').split('\n');
    this.sources.set(file, source);
    for (let above = line - 2; source[above]?.trimStart().startsWith('// '); above -= 1) {
      const [, numbers, how] = COMMENT.exec(source[above]!) ?? [];
      if (numbers === undefined || how === undefined) {
        continue;
      }
      for (const number of numbers.split(', ')) {
        const checks = this.checksOf(number, test);
        const tests = checks.tests.get(how) ?? new Set();
        checks.tests.set(how, tests.add(`${capitalized(test.title)} (\`${basename(file)}\`)`));
      }
    }
  }

  private addAxeRules(test: TestCase): void {
    const annotations = test.results.flatMap((result) => result.annotations);
    for (const { type, description = '' } of annotations) {
      const [number, rule] = description.split(' ');
      if (type === AXE_RULE && number && rule) {
        const checks = this.checksOf(number, test);
        checks.axeRules.add(`\`${rule}\``);
      }
    }
  }

  private checksOf(number: string, test: TestCase): Checks {
    if (!isCriterion(number)) {
      throw new Error(`${test.location.file}:${test.location.line}: ${number} is no criterion of level A or AA`);
    }
    const checks = this.checks.get(number) ?? {
      axeRules: new Set(),
      tests: new Map(),
      hasFailed: false,
    };
    checks.hasFailed ||= !test.ok();
    this.checks.set(number, checks);
    return checks;
  }

  private isChecked(number: Criterion): boolean {
    const { absent, byHand } = CRITERIA[number];
    return this.checks.has(number) || absent !== undefined || byHand !== undefined;
  }

  private row(number: Criterion): string {
    const { level, name, absent, byHand } = CRITERIA[number];
    const checks = this.checks.get(number);
    const ways = checks ? describe(checks) : [];
    if (byHand) {
      ways.push(`By hand on ${byHand.date}: ${byHand.what}`);
    }
    const result = absent ? `does not apply: ${absent}` : this.isChecked(number) ? 'passes' : '**not checked**';
    const cells = [`${number} ${name}`, level, ways.join('<br>'), checks?.hasFailed ? '**fails**' : result];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  }
}

/** Returns a line for each way in which a criterion was checked. */
function describe({ axeRules, tests }: Checks): string[] {
  const axe = `axe, light and dark: ${[...axeRules].sort().join(', ')}`;
  const others = [...tests].sort(([one], [other]) => one.localeCompare(other));
  return [
    ...(axeRules.size > 0 ? [axe] : []),
    ...others.map(([how, titles]) => `${capitalized(how)}: ${[...titles].sort().join('; ')}`),
  ];
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
