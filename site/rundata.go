package site

import (
	"github.com/stalewatch/stalewatch/pipeline"
)

type summaryFile struct {
	SchemaVersion int                     `json:"schemaVersion"`
	Tool          tool                    `json:"tool"`
	AsOf          when                    `json:"asOf"`
	GeneratedAt   when                    `json:"generatedAt"`
	RuleVersion   string                  `json:"ruleVersion"`
	Owners        []string                `json:"owners"`
	Total         int                     `json:"total"`
	Counts        map[pipeline.Status]int `json:"counts"`
	Exempt        int                     `json:"exempt"`
	Outdated      int                     `json:"outdated"`
	Packages      *summaryPackages        `json:"packages"`
	Run           summaryRun              `json:"run"`
	ChangesSince  *summarySince           `json:"changesSince"`
	Steps         []summaryStep           `json:"steps"`
}

type tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Commit  string `json:"commit"`
}

type summaryRun struct {
	ID            string         `json:"id"`
	State         string         `json:"state"`
	Requests      int            `json:"requests"`
	Points        int            `json:"points"`
	Retries       map[string]int `json:"retries"`
	ResumedChunks int            `json:"resumedChunks"`
	CarriedOver   int            `json:"carriedOver"`
	Unread        int            `json:"unread"`
}

type summaryStep struct {
	Step   pipeline.Step `json:"step"`
	Title  string        `json:"title"`
	Count  int           `json:"count"`
	Change *int          `json:"change"`
}

type summarySince struct {
	ID   string `json:"id"`
	AsOf when   `json:"asOf"`
}

func (r *brief) summary() summaryFile {
	snap := r.snap
	c := snap.Run.Counters
	f := summaryFile{
		SchemaVersion: SchemaVersion,
		Tool:          tool{ToolName, r.opts.Version, r.opts.Commit},
		AsOf:          when(snap.Run.AsOf),
		GeneratedAt:   when(snap.GeneratedAt),
		RuleVersion:   snap.RuleVersion,
		Owners:        orEmpty(snap.Run.Owners),
		Total:         len(snap.Findings),
		Counts:        snap.Counts(),
		Exempt:        r.whole.exempt,
		Run: summaryRun{
			ID: snap.Run.ID, State: publicState(snap.Run.State),
			Requests: c.Requests, Points: c.Points, Retries: c.Retries,
			ResumedChunks: c.ResumedChunks, CarriedOver: c.CarriedOver, Unread: c.Unread,
		},
	}
	if f.Run.Retries == nil {
		f.Run.Retries = map[string]int{}
	}
	for i := range snap.Findings {
		if len(snap.Findings[i].Outdated) > 0 {
			f.Outdated++
		}
	}
	f.Packages = countPackages(snap)
	if s := snap.Since; s != nil {
		f.ChangesSince = &summarySince{s.ID, when(s.AsOf)}
	}
	for _, g := range pipeline.Worklist(snap.Findings, snap.Run.AsOf) {
		step := summaryStep{Step: g.Step, Title: stepWords[g.Step].title, Count: len(g.Findings)}
		if snap.Since != nil && snap.Since.Steps != nil {
			step.Change = new(len(g.Findings) - snap.Since.Steps[g.Step])
		}
		f.Steps = append(f.Steps, step)
	}
	return f
}

// publicState reduces a run's state to what a published site can stand for:
// all was read, some was not, or the run goes on later.
func publicState(s pipeline.RunState) string {
	switch s {
	case pipeline.Complete, pipeline.Partial:
		return string(s)
	case pipeline.Failed:
		return string(pipeline.Partial)
	default:
		return string(pipeline.Suspended)
	}
}

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
