package site

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// when is a date-time of the data files: UTC, RFC 3339, whole seconds.
type when time.Time

// SchemaVersion is the version of everything under data/v1. Fields may be
// added under the same version; none is renamed, removed or changes its type.
const SchemaVersion = 1

func whenPtr(t *time.Time) *when {
	if t == nil {
		return nil
	}
	w := when(*t)
	return &w
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

// writeLines writes n values, one a line.
func writeLines[T any](w io.Writer, n int, line func(i int) T) error {
	b := bufio.NewWriterSize(w, 1<<16)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	for i := range n {
		if err := e.Encode(line(i)); err != nil {
			return err
		}
	}
	return b.Flush()
}

func (w when) MarshalJSON() ([]byte, error) {
	return []byte(`"` + rfc3339(time.Time(w)) + `"`), nil
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

func (r *brief) writeRepositories(w io.Writer) error {
	return writeLines(w, len(r.rows), func(i int) repositoryLine { return newLine(r.rows[i].Finding, r.snap.Run.AsOf) })
}
