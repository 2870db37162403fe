/** How good answers are: of tasks by depth, and of weights in fewer bits beside all of them. */
package muninn.lab.eval;
