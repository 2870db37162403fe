/**
 * The server: OpenAI's interface over HTTP, with depth in it. It reads and writes the JSON of
 * {@code wire}, hands requests to an engine, and has no logic of its own beyond that.
 */
package muninn.server;
