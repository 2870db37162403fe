package muninn.engine;

/**
 * One of several devices that failed while the others go on.
 *
 * @param device what it was
 * @param cause what it threw
 * @param requests that were on it, and begin again on the others
 */
public record LostDevice(String device, Throwable cause, int requests) {}
