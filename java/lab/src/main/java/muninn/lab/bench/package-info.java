/**
 * How fast a device runs a model beside how fast it could: operations, parts of a tick and answers
 * ({@link muninn.lab.bench.Bench}); and core steps in other company: two ways in turn, again and
 * again, block by block.
 */
package muninn.lab.bench;
