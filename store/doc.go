// Package store keeps everything a survey remembers in one Badger directory:
// the journal of activities, the runs, the last snapshots with the history
// behind them, and notes about what was learnt for the next process.
//
// # Trust
//
// Badger has a checksum for every block of a table, every entry of a log and
// every line of its MANIFEST, but does not act on them well: it opens an empty
// database where its MANIFEST was lost, ignores tables that fail their checksum,
// and dies in a goroutine of its own on a cut one. So [Open] verifies all of them
// before Badger sees the directory, and then counts: every ledger must be at least
// as new as the seal says, and every snapshot in force must have all of its
// blocks. A directory that fails is renamed, never deleted, and the store starts
// from nothing; [Store.Incident] says so in a sentence.
//
// The seal is the file STALEWATCH. It makes the directory ours, and says how
// much was safely on disk when it was written.
//
// # Atomicity
//
// A snapshot is written block by block as a new generation that nothing points
// to. Saving the scope's ledger then brings it into force and ends the run in
// one small transaction; afterwards the old generation and the run's journal
// are removed. Death at any point leaves the old state or the new one, and
// [Open] removes the leftovers.
//
// # Key schema
//
// Keys are a letter and parts, every part but the last followed by a zero
// byte; GEN, BLOCK and PIECE are big-endian. No part holds a zero byte. SCOPE is
// what pipeline.Scope makes of the owners, RUN what pipeline.JournalID makes of
// a run.
//
//	g  SCOPE GEN4 PART1 BLOCK4   one block of a generation: PART 'm' is block 0
//	                               alone, a JSON object of all that is small;
//	                               'f' findings, 'h' history, 'e' events,
//	                               's' changes of status, 't' tombstones, 'p'
//	                               packages, 'i' items of further sources are
//	                               JSON arrays of about 64 kB
//	j  RUN KEY                   JSON durable.Record
//	l  SCOPE                     JSON ledger: the scope's runs, and which
//	                               generations are in force
//	m  "incident"                why the store before this one was set aside
//	n  NAME                      a note, in its writer's own form
//	x  KEY PIECE2                a further piece of the value of KEY; Badger's
//	                               user byte on KEY says how many there are
package store
