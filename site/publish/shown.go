package publish

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// Check reports, before any work is done, what would keep [Into] from
// replacing dir: a [*ForeignDirError], or a path that cannot hold a site. It
// changes nothing.
func Check(dir string) error {
	place, err := locate(dir)
	if err != nil {
		return err
	}
	return mayReplace(place.live)
}

// Shown returns the id, the asOf and the state of the run whose report stands
// in dir. The error says why none does; it wraps [os.ErrNotExist] where there
// is no site.
func Shown(dir string) (pipeline.Run, error) {
	b, err := os.ReadFile(filepath.Join(dir, "data", "v1", "summary.json"))
	if err != nil {
		return pipeline.Run{}, err
	}
	var s struct {
		AsOf time.Time
		Run  struct {
			ID    string
			State pipeline.RunState
		}
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return pipeline.Run{}, err
	}
	if s.Run.ID == "" {
		return pipeline.Run{}, errors.New("its summary.json names no run")
	}
	return pipeline.Run{ID: s.Run.ID, AsOf: s.AsOf, State: s.Run.State}, nil
}
