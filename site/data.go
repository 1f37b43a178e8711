package site

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// SchemaVersion is the version of everything under data/v1. Fields may be
// added under the same version; none is renamed, removed or changes its type.
const SchemaVersion = 1

// when is a date-time of the data files: UTC, RFC 3339, whole seconds.
type when time.Time

func (w when) MarshalJSON() ([]byte, error) {
	return []byte(`"` + rfc3339(time.Time(w)) + `"`), nil
}

func whenPtr(t *time.Time) *when {
	if t == nil {
		return nil
	}
	w := when(*t)
	return &w
}

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

// summaryPackages counts the packages of a survey that looks at them.
type summaryPackages struct {
	Total      int `json:"total"`
	Owned      int `json:"owned"`
	Deprecated int `json:"deprecated"` // by their latest version
	Vulnerable int `json:"vulnerable"` // likewise
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

// repositoryLine is one line of repositories.ndjson. The order of its fields
// is the order of the CSV's columns.
type repositoryLine struct {
	ID                   string              `json:"id"`
	NameWithOwner        string              `json:"nameWithOwner"`
	URL                  string              `json:"url"`
	Description          *string             `json:"description"`
	Status               pipeline.Status     `json:"status"`
	StatusSince          when                `json:"statusSince"`
	PreviousStatus       *pipeline.Status    `json:"previousStatus"`
	DefaultBranch        *string             `json:"defaultBranch"`
	LastCommit           *commitField        `json:"lastCommit"`
	LastHumanCommit      *commitField        `json:"lastHumanCommit"`
	DecidingCommit       *commitField        `json:"decidingCommit"`
	NotCounted           []notCounted        `json:"notCounted"`
	Retired              *retiredField       `json:"retired"`
	StaleFrom            *string             `json:"staleFrom"`
	AgeDays              *int                `json:"ageDays"`
	PushedAt             *when               `json:"pushedAt"`
	IsArchived           bool                `json:"isArchived"`
	IsFork               bool                `json:"isFork"`
	IsTemplate           bool                `json:"isTemplate"`
	IsMirror             bool                `json:"isMirror"`
	IsEmpty              bool                `json:"isEmpty"`
	IsDisabled           bool                `json:"isDisabled"`
	IsPrivate            bool                `json:"isPrivate"`
	StargazerCount       int                 `json:"stargazerCount"`
	ForkCount            int                 `json:"forkCount"`
	OpenIssueCount       int                 `json:"openIssueCount"`
	OpenPullRequestCount int                 `json:"openPullRequestCount"`
	PrimaryLanguage      *string             `json:"primaryLanguage"`
	License              *string             `json:"license"`
	Topics               []string            `json:"topics"`
	Owners               []string            `json:"owners"`
	LatestRelease        *releaseField       `json:"latestRelease"`
	Reason               reasonField         `json:"reason"`
	Exemption            *exemptionField     `json:"exemption"`
	Suggestion           *suggestionField    `json:"suggestion"`
	ReadAt               when                `json:"readAt"`
	ReadError            *string             `json:"readError"`
	Outdated             []reasonField       `json:"outdated"`
	Visibility           pipeline.Visibility `json:"visibility"`
	Properties           map[string][]string `json:"properties"`
}

type commitField struct {
	OID           string      `json:"oid"`
	CommittedDate when        `json:"committedDate"`
	IsBot         bool        `json:"isBot"`
	Author        authorField `json:"author"`
}

type authorField struct {
	Login *string `json:"login"`
	Name  *string `json:"name"`
}

type notCounted struct {
	OID           string                    `json:"oid"`
	CommittedDate when                      `json:"committedDate"`
	Headline      string                    `json:"headline"`
	Why           pipeline.NotCountedReason `json:"why"`
}

type retiredField struct {
	Words   string  `json:"words"`
	MovedTo *string `json:"movedTo"`
	Where   string  `json:"where"`
}

type releaseField struct {
	TagName     string `json:"tagName"`
	PublishedAt *when  `json:"publishedAt"`
}

type reasonField struct {
	Rule     string `json:"rule"`
	Sentence string `json:"sentence"`
}

type exemptionField struct {
	Rule   string  `json:"rule"`
	Reason string  `json:"reason"`
	Until  *string `json:"until"` // a date: the last day on which it holds
}

type suggestionField struct {
	Action  string  `json:"action"`
	Command *string `json:"command"`
}

func newSummary(snap *pipeline.Snapshot, opts Options) summaryFile {
	c := snap.Run.Counters
	f := summaryFile{
		SchemaVersion: SchemaVersion,
		Tool:          tool{ToolName, opts.Version, opts.Commit},
		AsOf:          when(snap.Run.AsOf),
		GeneratedAt:   when(snap.GeneratedAt),
		RuleVersion:   snap.RuleVersion,
		Owners:        orEmpty(snap.Run.Owners),
		Total:         len(snap.Findings),
		Counts:        snap.Counts(),
		Exempt:        countExempt(snap.Findings),
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

func newLine(f *pipeline.Finding, asOf time.Time) repositoryLine {
	l := repositoryLine{
		ID: f.ID, NameWithOwner: f.NameWithOwner, URL: f.URL, Description: f.Description,
		Status: f.Status, StatusSince: when(f.StatusSince), PreviousStatus: f.PreviousStatus,
		DefaultBranch:   f.DefaultBranch,
		LastHumanCommit: newCommit(f.LastHumanCommit, false),
		DecidingCommit:  newCommit(f.DecidingCommit, false),
		Outdated:        make([]reasonField, len(f.Outdated)),
		NotCounted:      make([]notCounted, len(f.NotCountedCommits)),
		AgeDays:         f.AgeDays, PushedAt: whenPtr(f.PushedAt),
		IsArchived: f.IsArchived, IsFork: f.IsFork, IsTemplate: f.IsTemplate, IsMirror: f.IsMirror,
		IsEmpty: f.IsEmpty, IsDisabled: f.IsDisabled, IsPrivate: f.IsPrivate,
		StargazerCount: f.StargazerCount, ForkCount: f.ForkCount,
		PrimaryLanguage: f.PrimaryLanguage, License: f.License,
		Topics: orEmpty(f.Topics), Owners: publicOwners(f),
		Reason: reasonField{f.Reason.Rule, f.Reason.Sentence},
		ReadAt: when(asOf), ReadError: orNull(f.ReadError),
		Visibility: f.Seen(), Properties: f.Properties,
	}
	if l.Properties == nil {
		l.Properties = map[string][]string{}
	}
	if f.StatusSince.IsZero() {
		l.StatusSince = when(asOf)
	}
	for i, o := range f.Outdated {
		l.Outdated[i] = reasonField{o.Rule, o.Sentence}
	}
	for i, c := range f.NotCountedCommits {
		l.NotCounted[i] = notCounted{c.OID, when(c.CommittedDate), c.Headline, c.Why}
	}
	if r := f.Retired; r != nil {
		l.Retired = &retiredField{r.Words, orNull(r.MovedTo), r.Where}
	}
	if f.StaleFrom != nil {
		l.StaleFrom = orNull(isoDate(*f.StaleFrom))
	}
	if d := f.Detail; d != nil {
		l.LastCommit = newCommit(d.Tip, f.TipIsBot)
		l.OpenIssueCount, l.OpenPullRequestCount = d.OpenIssueCount, d.OpenPullRequestCount
		if !d.ReadAt.IsZero() {
			l.ReadAt = when(d.ReadAt)
		}
	}
	if r := f.LatestRelease; r != nil {
		l.LatestRelease = &releaseField{r.TagName, whenPtr(r.PublishedAt)}
	}
	if e := f.Exemption; e != nil {
		l.Exemption = &exemptionField{Rule: e.Rule, Reason: e.Reason}
		if e.Until != nil {
			l.Exemption.Until = orNull(isoDate(*e.Until))
		}
	}
	if s := f.Suggestion; s != nil {
		l.Suggestion = &suggestionField{s.Action, orNull(s.Command)}
	}
	return l
}

func newCommit(c *pipeline.Commit, bot bool) *commitField {
	if c == nil {
		return nil
	}
	return &commitField{c.OID, when(c.CommittedDate), bot, authorField{notMail(c.Author.Login), notMail(c.Author.Name)}}
}

func countExempt(findings []pipeline.Finding) int {
	n := 0
	for i := range findings {
		if findings[i].Exemption != nil {
			n++
		}
	}
	return n
}

// publicOwners are a finding's owners without those that CODEOWNERS gives by
// e-mail address: no address is ever published.
func publicOwners(f *pipeline.Finding) []string {
	owners := make([]string, 0, len(f.Owners))
	for _, o := range f.Owners {
		if !isMail(o) {
			owners = append(owners, o)
		}
	}
	return owners
}

// isMail recognizes an e-mail address; "@team" and "@org/team" are none.
func isMail(s string) bool { return strings.LastIndexByte(s, '@') > 0 }

// notMail is nil for the address that some people commit with as their name.
func notMail(s *string) *string {
	if s == nil || isMail(*s) {
		return nil
	}
	return s
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// deref is the text, "" for none; orNull is its opposite.
func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// encodeJSON writes v on one line, or indented for files that people open.
// Characters that matter to HTML stay as they are: these are not HTML files.
func encodeJSON[T any](v T, indent string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func writeJSON[T any](w io.Writer, v T) error {
	b, err := encodeJSON(v, "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

func writeLines(w io.Writer, snap *pipeline.Snapshot) error {
	b := bufio.NewWriterSize(w, 1<<16)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	for i := range snap.Findings {
		if err := e.Encode(newLine(&snap.Findings[i], snap.Run.AsOf)); err != nil {
			return err
		}
	}
	return b.Flush()
}
