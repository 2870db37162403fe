/**
 * Text to token ids and back, as a checkpoint's own files say. All of it is Java, bounded in time
 * and memory whatever a file or a text holds, and equal to Hugging Face's tokenizers in what it
 * answers.
 */
package muninn.text;
