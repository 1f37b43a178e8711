package site

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// ToolName identifies the program in summary.json and thereby its sites.
const ToolName = "stalewatch"

// Marker is the name of the file that says a directory is a site of ours and
// may be replaced. The leading dot keeps it out of the Pages artifact.
const Marker = ".stalewatch-site"

// MarkerContent is what the marker says, as JSON.
type MarkerContent struct {
	Tool     string `json:"tool"`     // [ToolName]
	BasePath string `json:"basePath"` // the URL path the site is made for; it begins and ends with a slash
	// Digest identifies what the site was rendered from; empty while it is not
	// whole.
	Digest string `json:"digest,omitempty"`
}

// MarkerOf is the marker of the site that [Render] makes of a snapshot. Its
// digest covers all that decides the content: the snapshot with what is kept
// beside it, and the options except the text of notes. It leaves out what differs
// between two runs over the same world: when they ran, what they spent, and the
// tags of a feed's cached answers.
func MarkerOf(snap *pipeline.Snapshot, o Options) (MarkerContent, error) {
	h, what := sha256.New(), *snap
	what.GeneratedAt = time.Time{}
	run := &what.Run
	run.Attempt, run.BeganAt, run.EndedAt, run.Counters = 0, time.Time{}, time.Time{}, pipeline.Counters{Unread: run.Counters.Unread}
	packages := slices.Clone(snap.Packages)
	for i := range packages {
		packages[i].ETag, packages[i].Digest = "", ""
	}
	err := json.NewEncoder(h).Encode([]any{what, snap.Findings, snap.History, snap.Events, snap.Tombstones, snap.StatusChanges, packages, snap.Items,
		o.Title, o.BaseURL, o.Version, o.Commit})
	if err != nil {
		return MarkerContent{}, fmt.Errorf("take the digest of the report: %w", err)
	}
	_, path, err := parseBase(o.BaseURL)
	return MarkerContent{Tool: ToolName, BasePath: path, Digest: hex.EncodeToString(h.Sum(nil)[:16])}, err
}
