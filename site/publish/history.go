package publish

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/site"
)

// maxHistory bounds what is read of a published file: 16 MiB hold more than a
// hundred years of daily runs.
const maxHistory = 16 << 20

// ReadHistory reads a published data/v1/history.json, so that a run whose
// store was lost can take its history back. It is strict: what it returns is
// in order, adds up and has all eight counts. Fields it does not know are
// passed over, since later versions may add some.
func ReadHistory(r io.Reader) ([]pipeline.HistoryEntry, error) {
	var f struct {
		SchemaVersion int                     `json:"schemaVersion"`
		Runs          []pipeline.HistoryEntry `json:"runs"`
	}
	if err := readPublished(r, &f); err != nil {
		return nil, fmt.Errorf("history.json: %w", err)
	}
	if f.SchemaVersion != site.SchemaVersion {
		return nil, versionError("history.json", f.SchemaVersion)
	}
	for i := range f.Runs {
		h := &f.Runs[i]
		if err := checkEntry(h); err != nil {
			return nil, fmt.Errorf("history.json: runs[%d]: %w", i, err)
		}
		if i > 0 && !f.Runs[i-1].AsOf.Before(h.AsOf) {
			return nil, fmt.Errorf("history.json: runs[%d]: asOf %s does not come after the run before it", i, h.AsOf.Format(time.RFC3339))
		}
	}
	return f.Runs, nil
}

func checkEntry(h *pipeline.HistoryEntry) error {
	var err error
	if h.AsOf, err = checkTime(h.AsOf); err != nil {
		return fmt.Errorf("asOf: %w", err)
	}
	if h.ID == "" {
		return errors.New("id is missing")
	}
	if !h.State.Over() {
		return fmt.Errorf("state %q is neither complete nor partial", h.State)
	}
	if len(h.Counts) != len(pipeline.Statuses) {
		return fmt.Errorf("counts has %d keys instead of the %d statuses", len(h.Counts), len(pipeline.Statuses))
	}
	sum := 0
	for _, s := range pipeline.Statuses {
		n, ok := h.Counts[s]
		if !ok || n < 0 || n > 1<<31 {
			return fmt.Errorf("counts.%s is missing or out of range", s)
		}
		sum += n
	}
	if sum != h.Total {
		return fmt.Errorf("counts add up to %d, total says %d", sum, h.Total)
	}
	return nil
}

// ReadChanges reads a published data/v1/changes.json with the strictness of
// [ReadHistory]: known types, newest first.
func ReadChanges(r io.Reader) ([]pipeline.Event, error) {
	var f struct {
		SchemaVersion int `json:"schemaVersion"`
		Events        []struct {
			Date          time.Time          `json:"date"`
			Type          pipeline.EventType `json:"type"`
			NameWithOwner *string            `json:"nameWithOwner"`
			Package       string             `json:"package"`
			From          string             `json:"from"`
			To            string             `json:"to"`
		} `json:"events"`
	}
	if err := readPublished(r, &f); err != nil {
		return nil, fmt.Errorf("changes.json: %w", err)
	}
	if f.SchemaVersion != site.SchemaVersion {
		return nil, versionError("changes.json", f.SchemaVersion)
	}
	events := make([]pipeline.Event, len(f.Events))
	for i, e := range f.Events {
		at, err := checkTime(e.Date)
		switch {
		case err != nil:
			return nil, fmt.Errorf("changes.json: events[%d]: date: %w", i, err)
		case !slices.Contains(eventTypes, e.Type):
			return nil, fmt.Errorf("changes.json: events[%d]: type %q is not known", i, e.Type)
		case (e.Type == pipeline.EventRulesChanged || e.Package != "") != (e.NameWithOwner == nil):
			return nil, fmt.Errorf("changes.json: events[%d]: %s with the wrong kind of nameWithOwner", i, e.Type)
		case i > 0 && at.After(events[i-1].Date):
			return nil, fmt.Errorf("changes.json: events[%d]: newer than the event before it", i)
		}
		events[i] = pipeline.Event{Date: at, Type: e.Type, Package: e.Package, From: e.From, To: e.To}
		if e.NameWithOwner != nil {
			events[i].NameWithOwner = *e.NameWithOwner
		}
	}
	return events, nil
}

// eventTypes lists every type of event, in the order in which pages group them.
var eventTypes = []pipeline.EventType{
	pipeline.EventRulesChanged, pipeline.EventStatus, pipeline.EventNew, pipeline.EventGone, pipeline.EventArchived,
	pipeline.EventUnarchived, pipeline.EventRenamed, pipeline.EventTransferred, pipeline.EventOwner,
	pipeline.EventExempted, pipeline.EventExemptionExpired, pipeline.EventOutdated,
	pipeline.EventPackageVersion, pipeline.EventPackageUnlisted, pipeline.EventPackageRemoved, pipeline.EventPackageDeprecated,
	pipeline.EventPackageVulnerable,
}

// readPublished decodes exactly one JSON value of bounded size.
func readPublished[T any](r io.Reader, into *T) error {
	b, err := io.ReadAll(io.LimitReader(r, maxHistory+1))
	if err != nil {
		return err
	}
	if len(b) > maxHistory {
		return fmt.Errorf("larger than %d MiB", maxHistory>>20)
	}
	return json.Unmarshal(b, into)
}

// checkTime accepts the whole seconds of years that RFC 3339 can write.
func checkTime(t time.Time) (time.Time, error) {
	t = t.UTC()
	if t.Year() < 2008 || t.Year() > 9999 || t.Nanosecond() != 0 {
		return t, fmt.Errorf("%s is no time of a run", t.Format(time.RFC3339Nano))
	}
	return t, nil
}

func versionError(file string, v int) error {
	return fmt.Errorf("%s: schemaVersion %d, this program reads %d; use a newer stalewatch", file, v, site.SchemaVersion)
}
