/**
 * What comes back: an answer while it is being said, token by token, what it came to, and several
 * of them in flight. Nothing here knows how an answer is made.
 */
package muninn.engine.answer;
