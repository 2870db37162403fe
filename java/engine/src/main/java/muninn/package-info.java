/** What every package may know: how a failure is told to a user, and how progress is. */
package muninn;
