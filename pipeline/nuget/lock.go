package nuget

import (
	"encoding/json"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// locked reads a packages.lock.json: the versions that restoring takes, by
// package in lower case. Of several for several frameworks it is the lowest. A
// file that is not there locks nothing.
func (r *reader) locked(file string) map[string]string {
	data, ok := r.files[file]
	if !ok {
		return nil
	}
	var doc struct {
		Dependencies map[string]map[string]struct{ Type, Resolved string }
	}
	data, err := utf8Of(data)
	if err == nil {
		err = json.Unmarshal(data, &doc)
	}
	if err != nil {
		r.problems = append(r.problems, pipeline.FileProblem{File: file, Problem: err.Error()})
		return nil
	}
	locked := make(map[string]string)
	for _, packages := range doc.Dependencies {
		for id, p := range packages {
			v, ok := ParseVersion(p.Resolved)
			if !ok || p.Type != "Direct" && p.Type != "CentralTransitive" {
				continue
			}
			id = strings.ToLower(id)
			if old, ok := ParseVersion(locked[id]); !ok || v.Compare(old) < 0 {
				locked[id] = v.String()
			}
		}
	}
	return locked
}
