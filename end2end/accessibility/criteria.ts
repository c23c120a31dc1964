/** A success criterion of WCAG 2.2, and what is known about it without running a test. */
interface Known {
  level: 'A' | 'AA';
  name: string;
  /** Why the criterion does not apply to the page and the hosted pages. */
  absent?: string;
  /** What somebody looked at, and when (year-month-day). */
  byHand?: { date: string; what: string };
}

const known = <Number extends string>(criteria: Record<Number, Known>): Record<Number, Known> => criteria;

const NO_MEDIA = 'there is no audio and no video; each state that axe looks at is searched for them';

/**
 * The success criteria of the levels A and AA, by their numbers, from https://www.w3.org/TR/WCAG22/. 4.1.1 is obsolete
 * there.
 */
export const CRITERIA = known({
  '1.1.1': { level: 'A', name: 'Non-text Content' },
  '1.2.1': { level: 'A', name: 'Audio-only and Video-only (Prerecorded)', absent: NO_MEDIA },
  '1.2.2': { level: 'A', name: 'Captions (Prerecorded)', absent: NO_MEDIA },
  '1.2.3': { level: 'A', name: 'Audio Description or Media Alternative (Prerecorded)', absent: NO_MEDIA },
  '1.2.4': { level: 'AA', name: 'Captions (Live)', absent: NO_MEDIA },
  '1.2.5': { level: 'AA', name: 'Audio Description (Prerecorded)', absent: NO_MEDIA },
  '1.3.1': { level: 'A', name: 'Info and Relationships' },
  '1.3.2': { level: 'A', name: 'Meaningful Sequence' },
  '1.3.3': {
    level: 'A',
    name: 'Sensory Characteristics',
    byHand: {
      date: '2026-11-26',
      what: 'every sentence of the page and the hosted pages was read for places, shapes and colours',
    },
  },
  '1.3.4': { level: 'AA', name: 'Orientation' },
  '1.3.5': { level: 'AA', name: 'Identify Input Purpose' },
  '1.4.1': { level: 'A', name: 'Use of Color' },
  '1.4.2': { level: 'A', name: 'Audio Control', absent: NO_MEDIA },
  '1.4.3': { level: 'AA', name: 'Contrast (Minimum)' },
  '1.4.4': { level: 'AA', name: 'Resize Text' },
  '1.4.5': {
    level: 'AA',
    name: 'Images of Text',
    byHand: { date: '2026-11-26', what: 'the only images are the marks of providers and the pictures of people' },
  },
  '1.4.10': { level: 'AA', name: 'Reflow' },
  '1.4.11': { level: 'AA', name: 'Non-text Contrast' },
  '1.4.12': { level: 'AA', name: 'Text Spacing' },
  '1.4.13': { level: 'AA', name: 'Content on Hover or Focus' },
  '2.1.1': { level: 'A', name: 'Keyboard' },
  '2.1.2': { level: 'A', name: 'No Keyboard Trap' },
  '2.1.4': { level: 'A', name: 'Character Key Shortcuts' },
  '2.2.1': { level: 'A', name: 'Timing Adjustable' },
  '2.2.2': { level: 'A', name: 'Pause, Stop, Hide' },
  '2.3.1': { level: 'A', name: 'Three Flashes or Below Threshold' },
  '2.4.1': { level: 'A', name: 'Bypass Blocks' },
  '2.4.2': { level: 'A', name: 'Page Titled' },
  '2.4.3': { level: 'A', name: 'Focus Order' },
  '2.4.4': { level: 'A', name: 'Link Purpose (In Context)' },
  '2.4.5': {
    level: 'AA',
    name: 'Multiple Ways',
    absent: 'there is one page with content, and every other one is a step of signing in, linking or unlinking',
  },
  '2.4.6': { level: 'AA', name: 'Headings and Labels' },
  '2.4.7': { level: 'AA', name: 'Focus Visible' },
  '2.4.11': { level: 'AA', name: 'Focus Not Obscured (Minimum)' },
  '2.5.1': { level: 'A', name: 'Pointer Gestures' },
  '2.5.2': { level: 'A', name: 'Pointer Cancellation' },
  '2.5.3': { level: 'A', name: 'Label in Name' },
  '2.5.4': { level: 'A', name: 'Motion Actuation' },
  '2.5.7': { level: 'AA', name: 'Dragging Movements' },
  '2.5.8': { level: 'AA', name: 'Target Size (Minimum)' },
  '3.1.1': { level: 'A', name: 'Language of Page' },
  '3.1.2': {
    level: 'AA',
    name: 'Language of Parts',
    absent: 'all sentences are in the language of the page; names of people and companies are exempt',
  },
  '3.2.1': { level: 'A', name: 'On Focus' },
  '3.2.2': { level: 'A', name: 'On Input' },
  '3.2.3': { level: 'AA', name: 'Consistent Navigation' },
  '3.2.4': { level: 'AA', name: 'Consistent Identification' },
  '3.2.6': {
    level: 'A',
    name: 'Consistent Help',
    absent: 'the page has no contact, no chat and no help page of its own',
  },
  '3.3.1': { level: 'A', name: 'Error Identification' },
  '3.3.2': { level: 'A', name: 'Labels or Instructions' },
  '3.3.3': { level: 'AA', name: 'Error Suggestion' },
  '3.3.4': { level: 'AA', name: 'Error Prevention (Legal, Financial, Data)' },
  '3.3.7': { level: 'A', name: 'Redundant Entry' },
  '3.3.8': { level: 'AA', name: 'Accessible Authentication (Minimum)' },
  '4.1.2': { level: 'A', name: 'Name, Role, Value' },
  '4.1.3': { level: 'AA', name: 'Status Messages' },
});

/** The number of a success criterion. */
export type Criterion = keyof typeof CRITERIA;

/** Whether `number` is that of a criterion of the levels A and AA. */
export function isCriterion(number: string): number is Criterion {
  return number in CRITERIA;
}

/** Returns the criterion of one of axe's tags: `wcag1412` is 1.4.12. */
export function criterionOfTag(tag: string): Criterion | undefined {
  const [, principle, guideline, number] = /^wcag(\d)(\d)(\d+)$/.exec(tag) ?? [];
  const criterion = `${principle}.${guideline}.${number}`;
  return isCriterion(criterion) ? criterion : undefined;
}

/** The type of the annotation that says which criterion a rule of axe passed for: `1.4.3 color-contrast`. */
export const AXE_RULE = 'axe rule';
