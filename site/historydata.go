package site

import "github.com/stalewatch/stalewatch/pipeline"

type historyFile struct {
	SchemaVersion int          `json:"schemaVersion"`
	Runs          []historyRun `json:"runs"`
}

type historyRun struct {
	ID          string                  `json:"id"`
	AsOf        when                    `json:"asOf"`
	State       pipeline.RunState       `json:"state"`
	RuleVersion string                  `json:"ruleVersion"`
	Total       int                     `json:"total"`
	Counts      map[pipeline.Status]int `json:"counts"`
	Steps       map[pipeline.Step]int   `json:"steps"`
}

type changesFile struct {
	SchemaVersion int           `json:"schemaVersion"`
	AsOf          when          `json:"asOf"`
	Since         *when         `json:"since"`
	Events        []changeField `json:"events"`
}

type changeField struct {
	Date          when               `json:"date"`
	Type          pipeline.EventType `json:"type"`
	NameWithOwner *string            `json:"nameWithOwner"`
	Package       *string            `json:"package"`
	From          *string            `json:"from"`
	To            *string            `json:"to"`
}

func newHistory(snap *pipeline.Snapshot) historyFile {
	f := historyFile{SchemaVersion: SchemaVersion, Runs: make([]historyRun, len(snap.History))}
	for i, h := range snap.History {
		counts := make(map[pipeline.Status]int, len(pipeline.Statuses))
		for _, s := range pipeline.Statuses {
			counts[s] = h.Counts[s]
		}
		f.Runs[i] = historyRun{h.ID, when(h.AsOf), h.State, h.RuleVersion, h.Total, counts, h.Steps}
	}
	return f
}

func newChanges(snap *pipeline.Snapshot) changesFile {
	f := changesFile{SchemaVersion: SchemaVersion, AsOf: when(snap.Run.AsOf), Events: make([]changeField, len(snap.Events))}
	if snap.Since != nil {
		f.Since = whenPtr(&snap.Since.AsOf)
	}
	for i, e := range snap.Events {
		f.Events[i] = changeField{when(e.Date), e.Type, orNull(e.NameWithOwner), orNull(e.Package), orNull(e.From), orNull(e.To)}
	}
	return f
}
