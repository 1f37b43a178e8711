package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// maxShards is how many jobs a matrix of GitHub Actions may have.
const maxShards = 256

type planCmd struct {
	configFlag
	AsOf   string   `placeholder:"TIME" help:"The one 'now' of all shards, RFC 3339 (default: midnight UTC, so that shards that start at different times agree)."`
	Owners []string `arg:"" optional:"" name:"owner" help:"Organizations or users; without one they come from the configuration."`
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
	// Name is the owner folded to lower case, for files and caches.
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
		made.Shards = append(made.Shards, shard{owner, string(pipeline.ScopeOf(owner)), tokenSecret(owner)})
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
	return "STALEWATCH_TOKEN_" + strings.ToUpper(strings.ReplaceAll(owner, "-", "_"))
}
