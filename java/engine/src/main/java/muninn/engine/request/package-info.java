/**
 * What is asked: a prompt and its options, how each option is typed, ranged and put in, and the
 * exit rules that say when a position has thought enough. Nothing here knows how a request is
 * served.
 */
package muninn.engine.request;
