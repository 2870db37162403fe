/**
 * What a GPU would do, by arithmetic: a timing model over the programs of a forward pass, for
 * people who plan a run and for benchmarks to be held against. A model, never a measurement.
 */
package muninn.lab.expect;
