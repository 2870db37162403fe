/**
 * Reports that can be cited: records for what was found, one renderer for each kind of chart, and
 * {@link muninn.lab.report.ReportFiles}, which writes them as one HTML file that needs nothing else
 * to be read, with the same numbers as JSON and CSV beside it.
 *
 * <p>An instrument makes {@link muninn.lab.report.Table}s of what it measured (long form: a row an
 * observation), puts {@link muninn.lab.report.Figure}s of them into {@link
 * muninn.lab.report.Section}s, and hands a {@link muninn.lab.report.Report} over.
 */
package muninn.lab.report;
