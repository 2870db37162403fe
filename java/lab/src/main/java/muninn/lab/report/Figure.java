package muninn.lab.report;

/**
 * A chart with its title.
 *
 * @param title what it shows
 * @param note how to read it: stands below it, and is what a screen reader says of it
 */
public record Figure(String title, String note, Chart chart) implements Section.Block {}
