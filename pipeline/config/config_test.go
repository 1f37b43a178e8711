package config_test

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/config"
	"github.com/stalewatch/stalewatch/pipeline/verdict"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestErrors reads every testdata/errors/NAME.yml and compares what is said
// about it with NAME.txt.
func TestErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/errors/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			cfg, err := config.Parse("stalewatch.yml", data)
			if err == nil || cfg != nil {
				t.Fatalf("accepted, or a configuration beside the error %v", err)
			}
			golden(t, strings.TrimSuffix(file, ".yml")+".txt", err.Error()+"\n")
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (run with -update to rewrite it); got:\n%s", path, got)
	}
}

func TestFiveMistakesFiveMessages(t *testing.T) {
	_, err := config.Load("testdata/errors/five.yml")
	e, ok := errors.AsType[*config.Error](err)
	if !ok || len(e.Problems) != 5 {
		t.Fatalf("%v", err)
	}
	for i, line := range []int{2, 3, 6, 8, 9} {
		if p := e.Problems[i]; p.Line != line || p.What == "" || p.Right == "" {
			t.Errorf("problem %d: %+v, want it on line %d", i+1, p, line)
		}
	}
}

func TestFull(t *testing.T) {
	got, err := config.Load("../../testdata/config/full.yml")
	if err != nil {
		t.Fatal(err)
	}
	until := time.Date(2027, time.June, 30, 0, 0, 0, 0, time.UTC)
	want := pipeline.Rules{
		Tiers: pipeline.Tiers{Fresh: pipeline.Span{Months: 6}, Active: pipeline.Span{Years: 1}, Aging: pipeline.Span{Years: 2}, Stale: pipeline.Span{Years: 4}},
		Bots:  []string{"Azure Samples Bot", "*-automation"},
		Exemptions: []pipeline.ExemptionRule{
			{Match: "iot-*", Reason: "kept for the certification course", Until: &until, By: "@Azure-Samples/iot"},
			{Topic: "keep", Reason: "the owners said so"},
			{Language: "PowerShell", Reason: "scripts are finished, not abandoned"},
		},
		Codeowners:  true,
		Ownership:   []pipeline.OwnershipRule{{Match: "aks-*", Owner: "@Azure-Samples/aks"}},
		AllowUnread: pipeline.Allowance{Percent: 1},
		Include: pipeline.Include{Forks: true, Archived: true, Templates: true, Topics: []string{"azure", "sample"}, Languages: []string{"C#", "TypeScript", "PowerShell"},
			Visibility: []string{"public"}, Properties: map[string][]string{"lifecycle": {"production", "beta"}}},
		OwnerProperty: "team", Properties: []string{"tier"},
		MaxExemption: pipeline.Span{Years: 2},
	}
	if !reflect.DeepEqual(got.Rules(), want) {
		t.Errorf("rules\n%+v\nwant\n%+v", got.Rules(), want)
	}
	if _, err := verdict.NewPolicy(got.Rules()); err != nil {
		t.Errorf("the rules make no policy: %v", err)
	}
	if site := (config.Site{Title: "Azure samples", URL: "https://azure-samples.github.io/stalewatch/", Notes: "notes/"}); got.Site != site {
		t.Errorf("site %+v, want %+v", got.Site, site)
	}
	if !reflect.DeepEqual(got.Owners, []string{"Azure-Samples", "Azure"}) || got.Deadline != 40*time.Minute || got.Concurrency != 4 {
		t.Errorf("owners %q, deadline %s, concurrency %d", got.Owners, got.Deadline, got.Concurrency)
	}
}

func TestValues(t *testing.T) {
	cfg, err := config.Load("../../testdata/config/full.yml")
	if err != nil {
		t.Fatal(err)
	}
	set(t, cfg, "concurrency", "8", config.Origin{Kind: config.FromFlag, Where: "--concurrency"})
	set(t, cfg, "owners", "contoso fabrikam", config.Origin{Kind: config.FromEnvironment, Where: "$STALEWATCH_OWNERS"})
	var b strings.Builder
	for _, v := range cfg.Values() {
		fmt.Fprintf(&b, "%-20s  %-55s  %s\n", v.Key, v.Text, strings.TrimPrefix(v.Origin.String(), "../../testdata/config/"))
	}
	golden(t, "testdata/values.txt", b.String())
}

func set(t *testing.T, cfg *config.Config, key, text string, from config.Origin) {
	t.Helper()
	if err := cfg.Set(key, text, from); err != nil {
		t.Fatal(err)
	}
}

func TestDefaultsHoldWithoutAWord(t *testing.T) {
	want := config.Default()
	if !reflect.DeepEqual(want.Rules(), pipeline.DefaultRules()) || want.Concurrency != 4 || want.Deadline != 0 {
		t.Errorf("the defaults are %+v", want)
	}
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "\ufeff", "\r\n", "{}", "owners: []\nexempt: []\nsite: {}\n"} {
		got, err := config.Parse("stalewatch.yml", []byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if !reflect.DeepEqual(got.Rules(), want.Rules()) || len(got.Owners) != 0 || got.Site != want.Site {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestMinimal(t *testing.T) {
	cfg, err := config.Load("../../testdata/config/minimal.yml")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(cfg.Owners, []string{"Azure-Samples"}) || !reflect.DeepEqual(cfg.Rules(), pipeline.DefaultRules()) {
		t.Errorf("%+v", cfg)
	}
}

func TestValuesOfEveryForm(t *testing.T) {
	for text, check := range map[string]func(*config.Config) bool{
		"allow-unread: 0":                        func(c *config.Config) bool { return c.AllowUnread == pipeline.Allowance{} },
		"allow-unread: 5":                        func(c *config.Config) bool { return c.AllowUnread == pipeline.Allowance{Count: 5} },
		"allow-unread: 0.5%":                     func(c *config.Config) bool { return c.AllowUnread == pipeline.Allowance{Percent: 0.5} },
		"allow-unread: '100%'":                   func(c *config.Config) bool { return c.AllowUnread == pipeline.Allowance{Percent: 100} },
		"deadline: 1h30m":                        func(c *config.Config) bool { return c.Deadline == 90*time.Minute },
		"concurrency: 100":                       func(c *config.Config) bool { return c.Concurrency == 100 },
		"include: {private: True}":               func(c *config.Config) bool { return c.Include.Private && c.Include.Forks },
		"site: {url: 'http://localhost:8080/x'}": func(c *config.Config) bool { return c.Site.URL == "http://localhost:8080/x" },
		"site: {url: 'http://[::1]:1/'}":         func(c *config.Config) bool { return c.Site.URL == "http://[::1]:1/" },
		"site:\n  title: |\n    One line\n":      func(c *config.Config) bool { return c.Site.Title == "One line" },
		"include: {visibility: [internal]}":      func(c *config.Config) bool { return c.Rules().Include.Private && !c.Include.Private },
		"include: {visibility: [public]}":        func(c *config.Config) bool { return !c.Rules().Include.Private },
		"owners: [enterprises/contoso]":          func(c *config.Config) bool { return len(c.Owners) == 1 },
		"owners: ['42', a_corp]":                 func(c *config.Config) bool { return len(c.Owners) == 2 },
		"\ufeffowners: [é]\r\n":                  nil,
		"\ufeffowners: [a]\r\nbots: [é]\r\n":     func(c *config.Config) bool { return len(c.Owners) == 1 && c.Bots[0] == "é" },
		"tiers: {fresh: 1y, active: 366d}":       func(c *config.Config) bool { return c.Tiers.Active == pipeline.Span{Days: 366} },
	} {
		cfg, err := config.Parse("stalewatch.yml", []byte(text))
		if check == nil {
			if err == nil {
				t.Errorf("%q is accepted", text)
			}
		} else if err != nil || !check(cfg) {
			t.Errorf("%q: %+v, %v", text, cfg, err)
		}
	}
}

// What is no YAML text ends in a sentence with a place.
func TestParseRefusesWhatIsNoText(t *testing.T) {
	for _, test := range []struct{ name, data, place, what string }{
		{"not UTF-8", "owners: [a]\nsite: {title: \xff}\n", "2:15", "UTF-8"},
		{"UTF-16", "\xff\xfeo\x00w\x00", "1:1", "UTF-8"},
	} {
		_, err := config.Parse("stalewatch.yml", []byte(test.data))
		e, ok := errors.AsType[*config.Error](err)
		if !ok {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		p := e.Problems[0]
		if place := fmt.Sprintf("%d:%d", p.Line, p.Column); place != test.place || !strings.Contains(p.What, test.what) {
			t.Errorf("%s: %s", test.name, p)
		}
	}
}

func TestLoadWithoutFile(t *testing.T) {
	_, err := config.Load(filepath.Join(t.TempDir(), "stalewatch.yml"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func TestSetPrecedence(t *testing.T) {
	cfg, err := config.Parse("stalewatch.yml", []byte("concurrency: 2\n"))
	if err != nil {
		t.Fatal(err)
	}
	flagged := config.Origin{Kind: config.FromFlag, Where: "--concurrency"}
	variable := config.Origin{Kind: config.FromEnvironment, Where: "$CONCURRENCY"}
	for _, step := range []struct {
		text string
		from config.Origin
		want int
	}{{"3", variable, 3}, {"5", flagged, 5}, {"7", variable, 5}} {
		set(t, cfg, "concurrency", step.text, step.from)
		if cfg.Concurrency != step.want {
			t.Errorf("after %s from %s it is %d, want %d", step.text, step.from, cfg.Concurrency, step.want)
		}
	}
}

func TestSetRefuses(t *testing.T) {
	for _, test := range []struct{ key, text, want string }{
		{"concurrency", "many", `--flag: many is not a number of requests in flight; write a whole number from 1 to 100; 4 is as many as GitHub sustains`},
		{"owners", "a, @b", `--flag: "@b" is not a login; write b`},
		{"owners", "a A", `--flag: "A" is named twice; name it once`},
		{"exempt", "x", `--flag: "exempt" cannot be set here; set it in stalewatch.yml`},
	} {
		cfg := config.Default()
		err := cfg.Set(test.key, test.text, config.Origin{Kind: config.FromFlag, Where: "--flag"})
		if err == nil || err.Error() != test.want {
			t.Errorf("%s %q: %v, want %s", test.key, test.text, err, test.want)
		}
		if !reflect.DeepEqual(cfg, config.Default()) {
			t.Errorf("%s %q changed the configuration", test.key, test.text)
		}
	}
	cfg := config.Default()
	set(t, cfg, "tiers.fresh", "9y", config.Origin{Kind: config.FromFlag, Where: "--flag"})
	if _, ok := errors.AsType[*config.Error](cfg.Check()); !ok {
		t.Errorf("tiers that do not ascend: %v", cfg.Check())
	}
}

// checkError holds every refusal to a place and a remedy.
func checkError(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*config.Error](err)
	if !ok || len(e.Problems) == 0 {
		t.Fatalf("not told as problems: %v", err)
	}
	for _, p := range e.Problems {
		if p.Line < 1 || p.Column < 1 || p.What == "" || p.Right == "" {
			t.Errorf("%+v lacks its place or its remedy", p)
		}
	}
}

// checkConfig holds what is accepted to what its users rely on.
func checkConfig(cfg *config.Config) error {
	if _, err := verdict.NewPolicy(cfg.Rules()); err != nil {
		return fmt.Errorf("it makes no policy: %w", err)
	}
	if cfg.Concurrency < 1 || cfg.Concurrency > 100 || cfg.Deadline < 0 {
		return fmt.Errorf("concurrency is %d and deadline %s", cfg.Concurrency, cfg.Deadline)
	}
	for _, v := range cfg.Values() {
		if strings.ContainsAny(v.Text, "\n\x1b") {
			return fmt.Errorf("%s is %q", v.Key, v.Text)
		}
	}
	return nil
}
