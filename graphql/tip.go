package graphql

import (
	"context"
	"slices"
	"strings"

	"github.com/shurcooL/githubv4"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// tipNode is the newest commit of a default branch, and nothing that costs GitHub
// more time than that.
type tipNode struct {
	identity
	Repository struct {
		DefaultBranchRef *struct {
			Name   text
			Target *target
		}
	} `graphql:"... on Repository"`
}

type target struct {
	Typename text   `graphql:"__typename"`
	Commit   commit `graphql:"... on Commit"`
}

// commit is a commit as tips and histories show it.
type commit struct {
	ID              githubv4.ID
	OID             oid
	CommittedDate   moment
	MessageHeadline text
	Parents         struct{ TotalCount number } `graphql:"parents(first: 1)"`
	Author          *actor
}

type actor struct {
	Name  text
	Email text
	User  *struct{ Login text }
}

// Tips reads the default branches' newest commits. It costs one point.
func (c *Client) Tips(ctx context.Context, ids []string) (github.Tips, error) {
	return askNodes(ctx, c, tipsAsk(len(ids)), ids, idVariables(ids), kind{"Repository", ofAuthor}, func(s seat, n *tipNode) github.Tip {
		tip := github.Tip{Element: s.Element}
		if n != nil {
			n.tip(&tip)
		}
		return tip
	})
}

// ofAuthor tolerates errors in what is known of a commit's author.
func ofAuthor(below []any) bool { return slices.Contains(below, any("author")) }

func (n *tipNode) tip(out *github.Tip) {
	ref := n.Repository.DefaultBranchRef
	if ref == nil {
		return
	}
	out.Branch = ref.Name.pointer()
	if ref.Target == nil || ref.Target.Typename.string != "Commit" {
		return
	}
	if name := ref.Target.Commit.flaw(); name != "" {
		out.Branch, out.Error = nil, "GitHub's answer about it cannot be used: "+name+" of its newest commit"
		return
	}
	c := ref.Target.Commit.commit()
	out.Commit = &c
}

// flaw names a value that cannot be used; empty when all can.
func (c *commit) flaw() string {
	return flaw(named{"oid", c.OID.state, false}, named{"committedDate", c.CommittedDate.state, false},
		named{"messageHeadline", c.MessageHeadline.state, true}, named{"parents", c.Parents.TotalCount.state, true})
}

// commit maps a commit. The e-mail address tells bots from people and goes no
// further.
func (c *commit) commit() pipeline.Commit {
	out := pipeline.Commit{
		ID:            id(c.ID),
		OID:           c.OID.string,
		CommittedDate: c.CommittedDate.Time,
		Headline:      c.MessageHeadline.string,
		Parents:       c.Parents.TotalCount.int,
	}
	out.Author, out.Bot = c.Author.author()
	return out
}

// author maps who wrote a commit, and tells whether that is a bot.
func (a *actor) author() (out pipeline.Author, bot bool) {
	if a == nil {
		return pipeline.Author{}, false
	}
	login := ""
	if a.User != nil {
		login = a.User.Login.string
		out.Login = a.User.Login.pointer()
	}
	if shown := withoutEmail(a.Name.string); shown != "" {
		out.Name = &shown
	}
	return out, pipeline.BuiltinBot(a.Name.string, login, a.Email.string, false)
}

// withoutEmail keeps the local part of a name that is an address, as git makes
// one where nobody set a name: such as jane@localhost, which [mask] leaves.
func withoutEmail(name string) string {
	if local, host, ok := strings.Cut(name, "@"); ok && host != "" && !strings.ContainsAny(name, " \t") {
		name = local
	}
	return strings.TrimSpace(name)
}
