/**
 * An interpreter for the chat templates of checkpoints, in the part of Jinja that they use, within
 * bounds of time and memory. What it does not know is refused by name where a conversation reaches
 * it.
 */
package muninn.text.jinja;
