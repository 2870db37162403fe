/**
 * Where a token's time goes: the same load again and again, with clocks on the device that are
 * wider or narrower ({@link muninn.lab.profile.TimedDevice}), its report and its timeline.
 */
package muninn.lab.profile;
