package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// need fails a step whose job's token may not do what it does.
func (r *jobRun) need(scope, level string) error {
	if got := r.permissions[scope]; got != level && got != "write" {
		return fmt.Errorf("Resource not accessible by integration: it needs %s: %s, and has %q", scope, level, got)
	}
	return nil
}

// action does what an action is documented to do.
func (r *jobRun) action(name string, with map[string]string, outputs map[string]any) error {
	h := r.h
	at := func(name string) string { return filepath.Join(r.work, name) }
	switch name {
	case "actions/checkout":
		return errors.Join(r.need("contents", "read"), r.checkout(with))
	case "actions/setup-go":
		return nil
	case "actions/create-github-app-token":
		if with["client-id"] == "" || with["private-key"] == "" {
			return errors.New("the App's id or key is empty")
		}
		if h.installed != nil && !slices.Contains(h.installed, with["owner"]) {
			return fmt.Errorf("the App is not installed on %s", with["owner"])
		}
		outputs["token"] = "app-token-for-" + with["owner"]
		for name, level := range with {
			if permission, ok := strings.CutPrefix(name, "permission-"); ok && level != "" {
				r.log += "the App's token may " + level + " " + permission + "\n"
			}
		}
		return nil
	case "actions/cache/restore":
		return r.restore(with)
	case "actions/cache/save":
		return r.save(with)
	case "actions/upload-pages-artifact":
		if _, err := os.Stat(at(with["path"])); err != nil {
			return err
		}
		name := firstOf(with["name"], "github-pages")
		if err := r.upload(name, with["path"], false); err != nil {
			return err
		}
		hidden, err := filepath.Glob(filepath.Join(h.artifacts[name], ".*")) // a page has none
		for _, file := range hidden {
			err = errors.Join(err, os.RemoveAll(file))
		}
		return err
	case "actions/deploy-pages":
		return r.deploy(firstOf(with["artifact_name"], "github-pages"), outputs)
	case "actions/upload-artifact":
		if _, err := os.Stat(at(with["path"])); err != nil {
			return nil // it warns
		}
		return r.upload(with["name"], with["path"], with["overwrite"] == "true")
	case "actions/download-artifact":
		return r.download(with)
	case "github/codeql-action/init":
		return nil
	case "github/codeql-action/analyze":
		return r.need("security-events", "write")
	case "actions/attest":
		err := errors.Join(r.need("id-token", "write"), r.need("attestations", "write"))
		for _, input := range []string{"subject-checksums", "sbom-path"} {
			if file := with[input]; file != "" && err == nil {
				_, err = os.Stat(at(file))
			}
		}
		r.log += fmt.Sprintf("attested %s with %q\n", with["subject-checksums"], with["sbom-path"])
		return err
	}
	return fmt.Errorf("nobody knows what %s does", name)
}

func (r *jobRun) checkout(with map[string]string) error {
	dir := filepath.Join(r.work, with["path"])
	if repository := with["repository"]; repository != "" {
		sha := with["ref"]
		if repository == "contoso/stale" {
			sha = strings.Repeat("b", 40)
		}
		writeFile(r.h.t, filepath.Join(dir, ".git", "sha"), sha)
		writeFile(r.h.t, filepath.Join(dir, ".git", "origin"), "https://github.com/"+repository)
		writeFile(r.h.t, filepath.Join(dir, "action.yml"), r.h.text("action.yml"))
		return nil
	}
	if r.h.event == "push" {
		test := "echo tested"
		if r.h.broken {
			test = "exit 1"
		}
		for name, text := range map[string]string{".ci/run": test, ".ci/notices": "echo notices", "LICENSE": "", "README.md": ""} {
			writeFile(r.h.t, filepath.Join(dir, name), "#!/bin/sh\n"+text+"\n")
			if err := os.Chmod(filepath.Join(dir, name), 0o755); err != nil {
				return err
			}
		}
	}
	if r.h.config != "" {
		writeFile(r.h.t, filepath.Join(dir, "stalewatch.yml"), r.h.config)
	}
	return nil
}

// composite runs the steps of an action that was checked out, or downloaded.
func (r *jobRun) composite(outer *stepList, action, ref string, with map[string]string, outputs map[string]any) error {
	r.h.t.Helper()
	ids := map[string]any{"action_repository": "", "action_ref": ""}
	dir := filepath.Join(r.work, action)
	if ref != "" {
		dir = filepath.Join(r.temp, "_actions", action, ref)
		writeFile(r.h.t, filepath.Join(dir, "action.yml"), r.h.text("action.yml"))
		ids["action_repository"], ids["action_ref"] = action, ref
	}
	b, err := os.ReadFile(filepath.Join(dir, "action.yml"))
	if err != nil {
		return err
	}
	a := parseAction(r.h.t, b)
	ids["action_path"] = dir
	list := &stepList{outer: outer, done: map[string]any{}, action: dir, inputs: map[string]any{}, ids: ids}
	for name, input := range a.Inputs {
		list.inputs[name] = r.expand(list, input.Default)
	}
	for name, value := range with {
		if _, ok := a.Inputs[name]; !ok {
			return fmt.Errorf("unexpected input %s", name)
		}
		if value != "" || a.Inputs[name].Default == "" {
			list.inputs[name] = value
		}
		if value == "" {
			list.inputs[name] = "" // an empty value is a value: the default does not come back
		}
	}
	r.steps(list, a.Runs.Steps)
	if r.cancelled {
		return errors.New("cancelled")
	}
	for name, output := range a.Outputs {
		outputs[name] = r.expand(list, output.Value)
	}
	if list.failed {
		return errors.New("the action failed")
	}
	return nil
}

func (r *jobRun) restore(with map[string]string) error {
	keys := []string{with["key"]}
	for prefix := range strings.Lines(with["restore-keys"]) {
		keys = append(keys, strings.TrimSpace(prefix))
	}
	for i, wanted := range keys {
		for _, e := range slices.Backward(r.h.caches) {
			if e.path != with["path"] || e.branch != r.h.branch && e.branch != "main" {
				continue
			}
			if e.key == wanted || i > 0 && strings.HasPrefix(e.key, wanted) {
				return copyTree(e.dir, filepath.Join(r.work, e.path))
			}
		}
	}
	return nil
}

func (r *jobRun) save(with map[string]string) error {
	e := cacheEntry{with["key"], with["path"], r.h.branch, filepath.Join(r.h.dir, "caches", fmt.Sprint(len(r.h.caches)))}
	if _, err := os.Stat(filepath.Join(r.work, e.path)); err != nil {
		return nil // it warns
	}
	if slices.ContainsFunc(r.h.caches, func(c cacheEntry) bool { return c.key == e.key && c.path == e.path && c.branch == e.branch }) {
		return nil // it warns that another job has the key
	}
	r.h.caches = append(r.h.caches, e)
	return copyTree(filepath.Join(r.work, e.path), e.dir)
}

// upload keeps an artifact. A file stands in it by its name, a folder's files
// by their place in the folder.
func (r *jobRun) upload(name, from string, overwrite bool) error {
	if _, taken := r.h.artifacts[name]; taken && !overwrite {
		return fmt.Errorf("an artifact with the name %s is there already", name)
	}
	if name == "" || strings.ContainsAny(name, `":<>|*?\/`+"\r\n") {
		return fmt.Errorf("the artifact's name %q is not allowed", name)
	}
	dir := filepath.Join(r.h.dir, "artifacts", fmt.Sprintf("%d-%d", r.h.runs, r.h.attempt), name)
	r.h.artifacts[name] = dir
	into := dir
	if info, err := os.Stat(filepath.Join(r.work, from)); err == nil && !info.IsDir() {
		into = filepath.Join(dir, filepath.Base(from))
	}
	return copyTree(filepath.Join(r.work, from), into)
}

// download unpacks as version 8 does: what a name or a single match of a pattern
// holds goes straight into the path, several matches into folders of their own
// unless they are merged.
func (r *jobRun) download(with map[string]string) error {
	into := filepath.Join(r.work, with["path"])
	if name := with["name"]; name != "" {
		dir, ok := r.h.artifacts[name]
		if !ok {
			return fmt.Errorf("there is no artifact %s", name)
		}
		return copyTree(dir, into)
	}
	matches := map[string]string{}
	for name, dir := range r.h.artifacts {
		if ok, err := path.Match(with["pattern"], name); err != nil || ok {
			matches[name] = dir
		}
	}
	for name, dir := range matches {
		to := filepath.Join(into, name)
		if len(matches) == 1 || with["merge-multiple"] == "true" {
			to = into
		}
		if err := copyTree(dir, to); err != nil {
			return err
		}
	}
	return nil
}

func (r *jobRun) deploy(name string, outputs map[string]any) error {
	err := errors.Join(r.need("pages", "write"), r.need("id-token", "write"))
	dir, ok := r.h.artifacts[name]
	switch environment := r.w.workflow.Jobs[r.id].Environment.Name; {
	case err != nil:
		return err
	case environment != "github-pages":
		return fmt.Errorf("the environment is %q, and must be github-pages", environment)
	case !ok:
		return fmt.Errorf("there is no artifact %s", name)
	case r.h.pages == "":
		return errors.New("Pages is not enabled")
	}
	r.h.published, outputs["page_url"] = dir, r.h.pages
	return errors.Join(os.RemoveAll(r.h.link()), os.Symlink(dir, r.h.link()))
}

// copyTree copies a file or a directory; like artifacts it keeps no modes. A
// file that nobody will change is linked.
func copyTree(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if info.IsDir() {
		if err := os.MkdirAll(to, 0o755); err != nil {
			return err
		}
		entries, err := os.ReadDir(from)
		for _, e := range entries {
			if err == nil {
				err = copyTree(filepath.Join(from, e.Name()), filepath.Join(to, e.Name()))
			}
		}
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if err := os.Remove(to); err != nil && !os.IsNotExist(err) {
		return err
	}
	if info.Mode()&0o111 == 0 {
		return os.Link(from, to)
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Close()
}
