/** What the user of the command can mend; printed without a stack. */
export class CommandError extends Error {}
