/**
 * Checkpoints from the Hugging Face hub, and the cache of them that all programs of this machine
 * share.
 */
package muninn.hub;
