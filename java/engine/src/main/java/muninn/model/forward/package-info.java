/**
 * The forward pass: a model's weights on a device, and prelude, core, coda and exits written once
 * as programs of operations, for all families and devices.
 */
package muninn.model.forward;
