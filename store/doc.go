// Package store keeps everything a survey remembers in one Badger directory:
// the journal of activities, the runs, the last snapshots with the history
// behind them, and what was learnt about API budgets.
//
// # Trust
//
// Badger alone cannot be trusted after an accident: it opens an empty database
// where its MANIFEST was lost, ignores tables that fail their checksum, and
// dies in a goroutine of its own on a cut one. So [Open] checks before Badger
// sees the directory (every table the MANIFEST names exists and is whole, the
// MANIFEST is the one the seal describes), and again afterwards (every value
// verifies, every snapshot has all of its blocks, no sealed change is missing).
// A directory that fails is renamed beside itself, never deleted, and the store
// starts from nothing; [Store.Incident] says so in a sentence.
//
// The seal is the file STALEWATCH in the directory. It is what makes the
// directory ours, counts the changes of state that are safely on disk, and
// remembers how much MANIFEST there was.
//
// # Atomicity
//
// A snapshot is written block by block as a new generation that nothing points
// to. One small transaction then moves the pointer, stores the run's end and
// counts the change; afterwards the old generation and the run's journal are
// removed. Death at any point leaves the old state or the new one, and [Open]
// removes what lies about.
//
// # Key schema
//
// Keys are a letter and parts, every part but the last followed by a zero
// byte; GEN, BLOCK, SEG and ATTEMPT are big-endian. No part holds a zero byte.
// A scope is what pipeline.Scope makes of the owners.
//
//	m  "changes"                    how many changes of state were made, uint64
//	m  "incident"                   why the store before this one was set aside
//	s  SCOPE                        JSON pointers: generations that are in force
//	g  SCOPE GEN4 PART1 BLOCK4      one block of a generation; PART is
//	                                  'm' the seal and all that is small, block 0
//	                                  'f' findings  'h' history  'e' events
//	                                  't' tombstones: JSON arrays of about 64 kB
//	c  SCOPE ASOF                   JSON array: changes of status a run saw
//	r  SCOPE DATE ATTEMPT4          JSON run record
//	j  RUN KEY                      JSON durable.Record; RUN is ID#ATTEMPT
//	b  ACCOUNT                      JSON budget state with the time it was saved
//	x  KEY SEG2                     a further piece of the value of KEY
//
// Every value stands in an envelope: see envelope.go.
package store
