/**
 * Command lines: options and operands as data, the parser that reads them, and what is made of the
 * same data: help, hints for what was mistyped, completion of shells.
 */
package muninn.cli.args;
