/** A browser of one engine, with what the tests do in it. */
export interface Engine {
  /** Returns its first window. */
  window(): Promise<Window>;
  close(): Promise<void>;
}

/** A window of a browser. Elements are named by XPath, which every driver understands. */
export interface Window {
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  /** Runs the body of a function in the page and returns its value. */
  evaluate<T>(body: string): Promise<T>;
  /** Clicks the element, as a person does: the page counts it as an act of theirs. */
  click(xpath: string): Promise<void>;
  type(xpath: string, text: string): Promise<void>;
  press(key: 'Tab' | 'Enter' | 'Escape'): Promise<void>;
  /** Returns the window that `act` opens. */
  openedBy(act: () => Promise<void>): Promise<Window>;
}

/** Returns the XPath of a button by its accessible name. */
export function button(name: string): string {
  return `//button[@aria-label=${quoted(name)} or not(@aria-label) and normalize-space(.)=${quoted(name)}]`;
}

/** Returns the XPath of an input by its label. */
export function input(label: string): string {
  return `//input[@id=//label[normalize-space(.)=${quoted(label)}]/@for]`;
}

function quoted(text: string): string {
  return text.includes("'") ? `"${text}"` : `'${text}'`;
}
