package site

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// stepsShown is how many rows of a group an overview shows.
const stepsShown = 5

// group is one group of the worklist as an overview shows it.
type group struct {
	Step     pipeline.Step
	Title    string
	Why      string
	Change   string // since the run before; "" when not known
	Path     string // of the table of all its rows
	Rows     []*row // the first few
	Count    int
	Commands int // rows that have a command
	Calendar string

	rows []int32
}

// List is where the group stands as a Markdown checklist.
func (g *group) List() string { return g.Path + "list.md" }

// Script is where its commands stand.
func (g *group) Script() string { return g.Path + "commands.txt" }

// markdownChange is the change in brackets, to follow the count.
func (g *group) markdownChange() string {
	if g.Change == "" {
		return ""
	}
	return escape(" (" + g.Change + ")")
}

// groups are a view's groups that have rows.
func (r *brief) groups(v *view) []group {
	var groups []group
	for _, rows := range v.steps {
		step := r.rows[rows[0]].step
		w := stepWords[step]
		g := group{Step: step, Title: w.title, Why: w.why, Count: len(rows), Path: v.stepPath(step), rows: rows}
		if before, ok := v.stepsBefore[step]; ok {
			g.Change = signed(len(rows) - before)
		}
		if !pipeline.StepDay(r.rows[rows[0]].Finding, step).IsZero() {
			g.Calendar = v.calendar()
		}
		for n, i := range rows {
			w := &r.rows[i]
			g.Commands += boolRank(w.command() != "")
			if n < stepsShown {
				g.Rows = append(g.Rows, w)
			}
		}
		groups = append(groups, g)
	}
	return groups
}

// Fact is what put a repository into its group.
func (w *row) Fact() string {
	switch w.step {
	case pipeline.StepRetired:
		return retiredWords(w.Retired)
	case pipeline.StepFork:
		return w.forkFact()
	case pipeline.StepBots:
		if s := w.Detail.Search; s != nil && s.BotCommits > 0 {
			return "since then " + pipeline.Plural(s.BotCommits, "commit") + " by " + clean(strings.Join(s.Bots[:min(len(s.Bots), 2)], " and "))
		}
		return "since then only bots, the last on " + w.Bot()
	case pipeline.StepSoon:
		return "stale on " + longDate(*w.StaleFrom)
	case pipeline.StepOutdated:
		return clean(w.Outdated[0].Sentence)
	case pipeline.StepEnding:
		return "exempt until " + longDate(*w.Exemption.Until) + ": " + clean(w.Exemption.Reason)
	}
	switch {
	case w.DecidedBy == nil:
		return "only bots for as long as the search went back"
	case w.step == pipeline.StepNobody:
		return "last commit that counts on " + longDate(*w.DecidedBy)
	}
	return "no commit that counts since " + longDate(*w.DecidedBy)
}

// retiredWords quotes what a repository says of itself.
func retiredWords(r *pipeline.Retired) string {
	said := fmt.Sprintf("“%s”", shorten(clean(r.Words), 160))
	if secureURL(r.MovedTo) == "" {
		return said
	}
	return said + ", now " + strings.TrimPrefix(clean(r.MovedTo), "https://github.com/")
}

func (w *row) forkFact() string {
	if w.Parent == nil {
		return "what it was forked from cannot be seen any more"
	}
	p := w.Parent
	name := clean(p.NameWithOwner)
	switch {
	case p.IsArchived:
		return name + " is archived"
	case p.PushedAt == nil:
		return "forked from " + name
	case w.PushedAt == nil || p.PushedAt.After(*w.PushedAt):
		return name + " has newer pushes, the last " + ago(*p.PushedAt, w.asOf)
	}
	return name + " has rested since " + longDate(*p.PushedAt)
}

// command is the one command that takes the step; "" where the step needs more
// thought, or where some of the command could not be seen.
func (w *row) command() string {
	switch w.step {
	case pipeline.StepRetired, pipeline.StepFork, pipeline.StepBots, pipeline.StepStarred, pipeline.StepStale:
		return w.Command()
	}
	return ""
}

// Command is the suggestion's command; "" where some of it could not be seen,
// since nobody should paste what is hidden.
func (w *row) Command() string {
	if s := w.Suggestion; s != nil && clean(s.Command) == s.Command {
		return s.Command
	}
	return ""
}

// writeRows writes a line for each row that has one.
func (r *brief) writeRows(w io.Writer, rows []int32, line func(*row) string) error {
	var b strings.Builder
	for _, i := range rows {
		if s := line(&r.rows[i]); s != "" {
			b.WriteString(s + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// checkbox is the row in a Markdown checklist, for an issue or a message.
func (w *row) checkbox() string { return "- [ ] " + w.markdown() }

// plainOwner is a user or a team as GitHub names them, perhaps with how many more.
var plainOwner = regexp.MustCompile(`^@[A-Za-z0-9/_.-]+( \+\d+)?$`)

// markdown is the row in a Markdown list: the full name, linked where there is
// an address, and notes. They mention nobody, so that nobody is notified.
func (w *row) markdown() string {
	name := escape(clean(w.NameWithOwner))
	if to := w.GitHub(); to != "" {
		name = "[" + name + "](<" + to + ">)"
	}
	unmentioned := func(s string) string { return escape(strings.ReplaceAll(s, "@", "＠")) }
	notes := []string{unmentioned(w.Fact())}
	switch o := w.Owner(); {
	case plainOwner.MatchString(o):
		notes = append(notes, code(o))
	case o != "":
		notes = append(notes, unmentioned(o))
	}
	if w.AgeDays != nil {
		notes = append(notes, age(*w.AgeDays))
	}
	return name + ": " + strings.Join(append(notes, "★ "+w.Stars()), ", ")
}
