package main_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// deliberate is one deliberate break.
type deliberate struct {
	name, file string
	test       []string // arguments of go test
	size       string   // of the tests, as STALEWATCH_TESTS has it
	old, new   []string // pieces of the file, and what takes their places
}

// TestBreaks breaks the program on purpose, with STALEWATCH_TESTS=all, and wants a
// test to notice.
func TestBreaks(t *testing.T) {
	all := readBreaks(t)
	if len(all) < 20 {
		t.Errorf("%d breaks, want 20 at least", len(all))
	}
	for _, m := range all {
		overlay, broken := m.overlay(t)
		if os.Getenv("STALEWATCH_TESTS") != "all" || !broken {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			if out, err := m.goTool(t, "vet", "-overlay", overlay, m.test[0]); err != nil {
				t.Fatalf("it does not build any more, which proves nothing:\n%s", out)
			}
			out, err := m.goTool(t, append([]string{"test", "-overlay", overlay, "-count=1"}, m.test...)...)
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 || !strings.Contains(out, "FAIL") {
				t.Errorf("no test noticed:\n%s", out)
			}
		})
	}
}

func (m deliberate) goTool(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(os.Environ(), "CI=", "STALEWATCH_BROKEN=1", "STALEWATCH_TESTS="+m.size)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// overlay writes the broken file and the description that go build wants of it.
// It checks that the break fits the source, which is all that most runs do.
func (m deliberate) overlay(t *testing.T) (name string, ok bool) {
	t.Helper()
	b, err := os.ReadFile(m.file)
	if err != nil {
		t.Errorf("%s: %v", m.name, err)
		return "", false
	}
	source := string(b)
	for i, old := range m.old {
		if strings.Count(source, old) != 1 {
			t.Errorf("%s: %s holds this %d times, want once:\n%s", m.name, m.file, strings.Count(source, old), old)
			return "", false
		}
		source = strings.Replace(source, old, m.new[i], 1)
	}
	dir := t.TempDir()
	broken, name := filepath.Join(dir, "broken.go"), filepath.Join(dir, "overlay.json")
	original, err := filepath.Abs(m.file)
	if err != nil {
		t.Fatal(err)
	}
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {original: broken}})
	if err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{broken: source, name: string(replace)} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return name, true
}

// readBreaks reads testdata/breaks.txt: after each name the file, the
// tests, and pairs of pieces to take out and to put in.
func readBreaks(t *testing.T) (all []deliberate) {
	t.Helper()
	b, err := os.ReadFile("testdata/breaks.txt")
	if err != nil {
		t.Fatal(err)
	}
	for block := range strings.SplitSeq(string(b), "\n== ") {
		lines := strings.Split(strings.TrimSpace(block), "\n")
		m, last := deliberate{name: lines[0]}, byte(' ')
		for _, line := range lines[1:] {
			if line == "" {
				continue
			}
			switch kind, rest := line[0], line[1:]; {
			case strings.HasPrefix(line, "in "):
				m.file = line[3:]
			case strings.HasPrefix(line, "by "):
				var all bool
				if line, all = strings.CutPrefix(line[3:], "all of "); all {
					m.size = "all"
				}
				m.test = strings.Fields(line)
				continue
			case kind == '-' && last != '-':
				m.old, m.new = append(m.old, rest), append(m.new, "")
			case kind == '-':
				m.old[len(m.old)-1] += "\n" + rest
			case kind == '+' && last != '+':
				m.new[len(m.new)-1] = rest
			case kind == '+':
				m.new[len(m.new)-1] += "\n" + rest
			}
			last = line[0]
		}
		if m.file != "" {
			all = append(all, m)
		}
	}
	return all
}
