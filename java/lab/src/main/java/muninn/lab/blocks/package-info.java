/**
 * When and where the blocks of launches ran: figures of each launch beside the one before, and a
 * timeline of the multiprocessors.
 */
package muninn.lab.blocks;
