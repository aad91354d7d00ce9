// The page's own types.

declare namespace Page {
  /** What `h` takes inside an element: nothing is shown of null, undefined and false. */
  type Child = Node | string | number | null | undefined | false | readonly Child[];

  type Listeners = {
    [Name in keyof HTMLElementEventMap as `on${Name}`]?: (event: HTMLElementEventMap[Name]) => unknown;
  };
  type Attribute = string | number | boolean | null | undefined;
  type Attributes = Listeners & { style?: Record<string, string> } & {
    [name: string]: Attribute | Record<string, string> | ((event: never) => unknown);
  };

  /** What a text is filled with. */
  type Value = string | number | null | undefined;
  type Values = Record<string, Value>;
  type Text = string | ((values: Values) => string);
  type Language = "en" | "zh";
  type Words = Record<Language, Record<string, string>>;

  /** The part of the address behind the question mark. */
  type Query = Record<string, string | undefined>;

  interface Column<Row> {
    name: Child;
    of(row: Row): Child;
    /** Whether it holds numbers. */
    figure?: boolean;
    /** Whether its cells name their rows. */
    head?: boolean;
    key?: string;
    sorted?: "ascending" | "descending" | null;
  }
  /** What a row may say of itself. */
  interface RowLook {
    class?: string | null;
    key?: string;
  }

  type Connection = "live" | "connecting" | "trying" | "offline";

  /** What a view may do with the page: views.js says what each is for. */
  interface Page {
    root: HTMLElement;
    parts: string[];
    query: Query;
    signal: AbortSignal;
    say(text: string): void;
    link(name: string, query?: Values, ...parts: string[]): string;
    wall(): void;
    refused(): void;
    connection(state: Connection, seconds?: number): void;
    title(text: string, ...below: Child[]): void;
    tools(...elements: Child[]): void;
    set(changes: Values, options?: { replace?: boolean }): void;
    ask<P extends keyof Answer.Paths | Answer.TicketPath>(path: P, query?: Values): Promise<Answer.At<P>>;
    text(path: string, query?: Values): Promise<string>;
    load<Found>(host: HTMLElement, ask: () => Promise<Found>, show: (found: Found) => Child): Promise<void>;
  }
  type Update = (query: Query) => void;

  interface View {
    name: string;
    words: Record<Language, string>;
    icon?: string;
    style: string;
    // biome-ignore lint/suspicious/noConfusingVoidType: a view that is opened anew for each query returns nothing.
    load(): Promise<{ open(page: Page): Update | void }>;
  }
}
