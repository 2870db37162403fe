/**
 * Regular expressions as tokenizers use them: Oniguruma's syntax and meaning, matched in time and
 * memory that the caller bounds. {@code java.util.regex} differs in syntax, recurses on the stack,
 * and cannot be stopped.
 */
package muninn.text.regex;
