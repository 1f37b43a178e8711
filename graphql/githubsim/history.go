package githubsim

import (
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"
)

// history is the first-parent line of a branch, counted from its root: index 0
// is the oldest commit. A history only grows, so an index always names the same
// commit.
//
// It consists of a part shared with the branch it was forked from, a run of
// commits made up on demand, and commits held in memory.
type history struct {
	base    *history // nil for none
	baseLen int
	older   olderRun
	commits []Commit
}

// olderRun makes up commits from a seed; the same index gives the same commit.
type olderRun struct {
	n           int
	first, last time.Time
	seed        uint64
}

func (h *history) len() int { return h.baseLen + h.older.n + len(h.commits) }

// at returns commit i, counted from the root.
func (h *history) at(i int) Commit {
	if i < h.baseLen {
		return h.base.at(i)
	}
	i -= h.baseLen
	if i < h.older.n {
		return h.older.at(i)
	}
	return h.commits[i-h.older.n]
}

// find returns the index of a commit by its id, or -1. It costs a hash for
// every made-up commit, newest first.
func (h *history) find(oid string) int {
	for i := h.len() - 1; i >= 0; i-- {
		if h.at(i).OID == oid {
			return i
		}
	}
	return -1
}

func (o olderRun) at(i int) Commit {
	date := o.first
	if i > 0 {
		date = date.Add(o.last.Sub(date) / time.Duration(o.n-1) * time.Duration(i)).Truncate(time.Second)
	}
	pick := mix(o.seed + uint64(i))
	return Commit{
		OID: madeUpOID(o.seed, strconv.Itoa(i)), CommittedDate: date,
		Author: person(pick), Message: headline(pick >> 16), Merge: i > 0 && pick%7 == 0,
	}
}

// madeUpOID is an id that depends on nothing but the two.
func madeUpOID(seed uint64, of string) string {
	sum := sha1.Sum(binary.BigEndian.AppendUint64([]byte(of), seed))
	return hex.EncodeToString(sum[:])
}

// mix spreads the bits of n (the finalizer of splitmix64).
func mix(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}
