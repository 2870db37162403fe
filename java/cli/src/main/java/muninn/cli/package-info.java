/**
 * The command {@code muninn}: one class a command, what commands share (model, device, reports,
 * progress), and how their failures are said. Only here is anything printed or the process ended.
 */
package muninn.cli;
