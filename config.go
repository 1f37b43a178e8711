package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/stalewatch/stalewatch/graphql"
	"github.com/stalewatch/stalewatch/pipeline/config"
	"github.com/stalewatch/stalewatch/site"
)

// settings is the configuration in force for one command: the file's, over
// which the environment wins, over which the command line does. What is wrong
// in any of them is told at once.
func (p *program) settings(file string, given overrides) (*config.Config, error) {
	cfg, err := config.Load(cmp.Or(file, "stalewatch.yml"))
	wrong, mistaken := errors.AsType[*config.Error](err)
	switch {
	case errors.Is(err, fs.ErrNotExist) && file == "":
	case errors.Is(err, fs.ErrNotExist):
		return nil, &usageError{fmt.Sprintf("there is no configuration %s; leave out --config, or name a file that exists", file)}
	case err != nil && !mistaken:
		return nil, err
	}
	if err != nil {
		cfg = config.Default()
	}
	if !mistaken {
		wrong = &config.Error{}
	}
	note := func(err error) {
		if e, ok := errors.AsType[*config.Error](err); ok {
			wrong.Problems = append(wrong.Problems, e.Problems...)
		}
	}
	for _, s := range settable {
		if s.variable == "" {
			continue
		}
		if v := p.env(s.variable); v != "" {
			note(cfg.Set(s.key, v, config.Origin{Kind: config.FromEnvironment, Where: "$" + s.variable}))
		}
	}
	if len(given.owners) > 0 {
		note(cfg.SetOwners(given.owners, config.Origin{Kind: config.FromFlag, Where: "the command line"}))
	}
	for _, s := range settable {
		if v := given.flags[s.flag]; v != "" {
			note(cfg.Set(s.key, v, config.Origin{Kind: config.FromFlag, Where: s.flag}))
		}
	}
	if len(wrong.Problems) > 0 {
		return nil, wrong
	}
	return cfg, cfg.Check()
}

// overrides are what a command line says about the configuration.
type overrides struct {
	owners []string
	flags  map[string]string // texts by flag; empty for one that was not given
}

// settable are the keys that a variable or a flag can set.
var settable = []struct {
	key, variable, flag string /* empty for none */
}{
	{"owners", "STALEWATCH_OWNERS", ""},
	{"site.url", "STALEWATCH_SITE_URL", "--site-url"},
	{"site.title", "STALEWATCH_SITE_TITLE", ""},
	{"deadline", "STALEWATCH_DEADLINE", "--deadline"},
	{"concurrency", "STALEWATCH_CONCURRENCY", "--concurrency"},
	{"nuget.url", "", "--nuget-url"},
}

// endpoint returns the GraphQL endpoint: the flag, else what Actions names,
// else github.com's.
func (p *program) endpoint(flag string) (*url.URL, error) {
	text, from := flag, "--api-url"
	if text == "" {
		text, from = p.env("GITHUB_GRAPHQL_URL"), "GITHUB_GRAPHQL_URL"
	}
	if text == "" {
		text = graphql.DefaultURL
	}
	u, err := url.Parse(text)
	if err == nil && (u.User != nil || u.RawQuery != "" || u.Fragment != "") || err != nil && strings.ContainsAny(text, "@?#") {
		return nil, &usageError{from + " holds more than an address: a user, a password or a query, which may be secret and would be shown; write it like " + graphql.DefaultURL + ", and give the token in GH_TOKEN"}
	}
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, &usageError{fmt.Sprintf("%s %q is not a URL; write it like %s or https://HOST/api/graphql", from, text, graphql.DefaultURL)}
	}
	return u, nil
}

// token returns the token for the host, from the variables that gh reads too:
// a host that is not github.com has its own first.
func (p *program) token(u *url.URL) (string, error) {
	names := []string{"GH_TOKEN", "GITHUB_TOKEN"}
	if !isGitHub(u) {
		names = append([]string{"GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"}, names...)
	}
	for _, n := range names {
		if t := strings.TrimSpace(p.env(n)); t != "" {
			if strings.ContainsFunc(t, func(r rune) bool { return r <= ' ' || r > '~' }) {
				return "", fmt.Errorf("the token in %s contains characters that no token has; set it to the token alone", n)
			}
			return t, nil
		}
	}
	return "", fmt.Errorf("no token: set GH_TOKEN to a GitHub token (for public repositories any will do; gh auth token prints yours), or try stalewatch demo, which needs none; looked at %s", strings.Join(names, ", "))
}

func isGitHub(u *url.URL) bool {
	host := strings.ToLower(u.Hostname())
	return host == "github.com" || strings.HasSuffix(host, ".github.com")
}

type configCmd struct {
	configFlag
	JSON bool `help:"Print JSON."`
}

// Run is the command.
func (c *configCmd) Run(p *program) error {
	cfg, err := p.settings(c.Config, overrides{})
	if err != nil {
		return err
	}
	if c.JSON {
		var entries []map[string]string
		for _, v := range cfg.Values() {
			entries = append(entries, map[string]string{"key": v.Key, "value": v.Text, "origin": v.Origin.String()})
		}
		return json.NewEncoder(p.stdout).Encode(entries)
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, v := range cfg.Values() {
		fmt.Fprintf(w, "%s\t%s\t%s\n", v.Key, cmp.Or(v.Text, "-"), v.Origin)
	}
	return w.Flush()
}

type schemaCmd struct {
	Name string `arg:"" optional:"" help:"Which one: config, summary, repository, history, changes, status or package (default: all, as one JSON object)."`
}

// Run is the command.
func (c *schemaCmd) Run(p *program) error {
	schemas := map[string]json.RawMessage{"config": config.Schema()}
	names := []string{"config"}
	for _, s := range site.Schemas() {
		schemas[s.Name] = s.JSON
		names = append(names, s.Name)
	}
	if c.Name == "" {
		enc := json.NewEncoder(p.stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(schemas)
	}
	s, ok := schemas[c.Name]
	if !ok {
		slices.Sort(names)
		return &usageError{fmt.Sprintf("there is no schema %q; there are %s", c.Name, strings.Join(names, ", "))}
	}
	_, err := fmt.Fprintln(p.stdout, strings.TrimSpace(string(s)))
	return err
}
