/**
 * From requests to answers: {@link muninn.engine.Engine} takes what is asked ({@link
 * muninn.engine.request}) and gives what is said ({@link muninn.engine.answer}). In between stand
 * the scheduler, which decides tick by tick which lanes think and speak, and the KV pages that they
 * hold. The policies (draft depth, company, exits) are decided without a device, so their tests run
 * a whole scheduler in milliseconds.
 */
package muninn.engine;
