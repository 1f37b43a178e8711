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
	"time"

	"github.com/stalewatch/stalewatch/graphql"
	"github.com/stalewatch/stalewatch/pipeline"
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
	if strings.ContainsAny(text, "@?#") {
		return nil, &usageError{from + " holds more than an address: a user, a password or a query, which may be secret and would be shown; write it like " + graphql.DefaultURL + ", and give the token in GH_TOKEN"}
	}
	u, err := url.Parse(text)
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

// maxShards is how many jobs a matrix of GitHub Actions may have.
const maxShards = 256

type planCmd struct {
	configFlag
	AsOf   string   `placeholder:"TIME" help:"The one 'now' of all shards, RFC 3339 (default: midnight UTC, so that shards that start at different times agree)."`
	Owners []string `arg:"" optional:"" name:"owner" help:"Organizations, users, or enterprises/SLUG for all organizations of an enterprise; without one they come from the configuration."`
}

// Help is the text of --help above the flags.
func (planCmd) Help() string {
	return `Survey owners on several machines, each with its own token and budget:

  stalewatch plan A B                      what to run where, as JSON
  stalewatch run A --as-of TIME            on one machine, then: stalewatch export a.swexport
  stalewatch run B --as-of TIME            on another,      then: stalewatch export b.swexport
  stalewatch import a.swexport b.swexport  into a new store, on a third
  stalewatch report A B                    one site for all; refused when one is missing`
}

// plan is what the command prints. Inside GitHub Actions asOf, owners and
// shards are step outputs too.
type plan struct {
	AsOf   time.Time `json:"asOf"`
	Owners []string  `json:"owners"`
	Shards []shard   `json:"shards"`
}

// shard is one run of a plan, and one job of a matrix.
type shard struct {
	Owner string `json:"owner"`
	// Name is the owner folded to lower case, for files and caches; for an
	// enterprise with a dot, which no login holds.
	Name string `json:"name"`
	// Secret names the secret that holds the owner's own token, if there is one.
	Secret string `json:"secret"`
}

// Run is the command.
func (c *planCmd) Run(p *program) error {
	a := p.actions()
	made, err := c.plan(p)
	if err != nil {
		a.finish(err)
		return err
	}
	enc := json.NewEncoder(p.stdout)
	enc.SetIndent("", "  ")
	if err := enc.Encode(made); err != nil {
		return err
	}
	shards, err := json.Marshal(made.Shards)
	if err != nil {
		return err
	}
	a.write(a.output, fmt.Sprintf("asOf=%s\nowners=%s\nshards=%s\n", made.AsOf.Format(time.RFC3339), strings.Join(made.Owners, ","), shards))
	return nil
}

func (c *planCmd) plan(p *program) (plan, error) {
	cfg, err := p.settings(c.Config, overrides{owners: c.Owners})
	if err != nil {
		return plan{}, err
	}
	asOf, err := jobFlags{AsOf: c.AsOf}.asOf(p.now)
	if err != nil {
		return plan{}, err
	}
	if c.AsOf == "" {
		asOf = asOf.Truncate(24 * time.Hour)
	}
	made := plan{AsOf: asOf, Owners: cfg.Owners}
	for _, owner := range cfg.Owners {
		made.Shards = append(made.Shards, shard{owner, strings.ReplaceAll(string(pipeline.ScopeOf(owner)), "/", "."), tokenSecret(owner)})
	}
	switch n := len(made.Shards); {
	case n == 0:
		return plan{}, &usageError{"nobody to survey; name organizations or users, as in stalewatch plan Azure Azure-Samples, or set owners in stalewatch.yml"}
	case n > maxShards:
		return plan{}, &usageError{fmt.Sprintf("%d owners are more than the %d jobs that a matrix of GitHub Actions may have; split them into several reports", n, maxShards)}
	}
	return made, nil
}

// tokenSecret is the secret for an owner's own token: names of secrets have
// letters, digits and underscores only.
func tokenSecret(owner string) string {
	return "STALEWATCH_TOKEN_" + strings.ToUpper(strings.NewReplacer("-", "_", "/", "_").Replace(owner))
}
