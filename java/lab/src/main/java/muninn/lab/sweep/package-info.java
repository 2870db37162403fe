/**
 * Experiments over a grid of settings: {@link muninn.lab.sweep.GridFile} reads what to try, {@link
 * muninn.lab.sweep.PromptFile} on what, {@link muninn.lab.sweep.Sweep} asks and counts, {@link
 * muninn.lab.sweep.CellFile} keeps every finished cell on disk, and {@link
 * muninn.lab.sweep.Findings} says what that shows.
 */
package muninn.lab.sweep;
