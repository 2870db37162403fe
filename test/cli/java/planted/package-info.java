/**
 * A small house that breaks every rule of {@code muninn.ArchitectureTest}, to show that it fires.
 */
package planted;
