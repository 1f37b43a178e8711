package graphql

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/shurcooL/githubv4"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// mappingVersion changes whenever the same answer would be mapped to other
// values.
const mappingVersion = "1"

// revision hashes the texts of the queries as githubv4 writes them.
func revision() string {
	return durable.Digest(mappingVersion,
		queryText(new(listQuery), listVariables(github.ListQuery{})),
		queryText(new(chunkQuery), map[string]any{"ids": nodeIDs(nil)}),
		queryText(new(historyQuery), map[string]any{"ids": nodeIDs(nil), "first": githubv4.Int(0), "after": (*githubv4.String)(nil)}))
}

// queryText returns the request body that githubv4 makes of a query, by
// catching it on its way out.
func queryText(q any, vars map[string]any) string {
	var sent bytes.Buffer
	catch := roundTrip(func(r *http.Request) (*http.Response, error) {
		io.Copy(&sent, r.Body)
		return nil, errors.New("not sent")
	})
	githubv4.NewEnterpriseClient("http://localhost", &http.Client{Transport: catch}).Query(context.Background(), q, vars)
	return sent.String()
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// commit maps a commit, and drops the e-mail address once it has helped to
// tell bots from people.
func (c *commit) commit() pipeline.Commit {
	out := pipeline.Commit{OID: string(c.OID), CommittedDate: c.CommittedDate.UTC()}
	if c.Author == nil {
		return out
	}
	var name, email, login string
	if c.Author.Name != nil {
		name = string(*c.Author.Name)
	}
	if c.Author.Email != nil {
		email = string(*c.Author.Email)
	}
	if c.Author.User != nil {
		login = string(c.Author.User.Login)
		out.Author.Login = &login
	}
	out.Bot = pipeline.BuiltinBot(name, login, email, false)
	if shown := withoutEmail(name); shown != "" {
		out.Author.Name = &shown
	}
	return out
}

// withoutEmail keeps the local part of an address that stands in the place of
// a name, as some people's git is set up, and masks any other.
func withoutEmail(name string) string {
	if local, host, ok := strings.Cut(name, "@"); ok && host != "" && !strings.ContainsAny(name, " \t") {
		name = local
	}
	return strings.TrimSpace(pipeline.MaskEmails(name))
}

func id(v githubv4.ID) string {
	s, _ := v.(string)
	return s
}

// str maps an optional text; an empty one is as good as none.
func str(s *githubv4.String) *string {
	if s == nil || *s == "" {
		return nil
	}
	v := string(*s)
	return &v
}

func date(t *githubv4.DateTime) *time.Time {
	if t == nil {
		return nil
	}
	v := t.UTC()
	return &v
}
