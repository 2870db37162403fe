/** Files as users have them: text in lines, what may be overwritten, and what is wrong with one. */
package muninn.files;
