/**
 * Measurement. What all of it shares: how long to measure ({@link muninn.lab.Effort}), how ({@link
 * muninn.lab.Stopwatch}), on which lanes ({@link muninn.lab.Contexts}), and what a device can do at
 * most ({@link muninn.lab.Ceiling}, {@link muninn.lab.Limits}).
 */
package muninn.lab;
