/** Load on a server that speaks OpenAI's interface, and what its users wait. */
package muninn.lab.serve;
