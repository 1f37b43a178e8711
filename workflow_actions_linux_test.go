package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// action does what an action is known to do.
func (r *jobRun) action(name string, with, state map[string]string) error {
	h := r.h
	artifact := func(name string) string { return filepath.Join(h.dir, "artifacts", fmt.Sprint(h.runs), name) }
	cached := func(key string) string { return filepath.Join(h.dir, "caches", key) }
	at := func(name string) string { return filepath.Join(r.work, name) }
	switch name {
	case "actions/checkout":
		if with["path"] != "" {
			return os.MkdirAll(at(with["path"]), 0o755)
		}
		if h.config != "" {
			writeFile(h.t, at("stalewatch.yml"), h.config)
		}
		return nil
	case "actions/setup-go":
		return nil
	case "actions/create-github-app-token":
		state["token"] = "app token for " + with["owner"]
		return nil
	case "actions/cache/restore":
		for _, key := range slices.Backward(h.caches) {
			if key == with["key"] || strings.HasPrefix(key, with["restore-keys"]) {
				return copyTree(cached(key), at(with["path"]))
			}
		}
		return nil
	case "actions/cache/save":
		if slices.Contains(h.caches, with["key"]) {
			return fmt.Errorf("the cache %s is there already, and caches do not change", with["key"])
		}
		h.caches = append(h.caches, with["key"])
		return copyTree(at(with["path"]), cached(with["key"]))
	case "actions/upload-pages-artifact":
		return copyTree(at(with["path"]), artifact("github-pages"))
	case "actions/deploy-pages":
		h.published, state["page_url"] = artifact("github-pages"), h.pages
		return errors.Join(os.RemoveAll(h.link()), os.Symlink(h.published, h.link()))
	case "actions/upload-artifact":
		into := artifact(with["name"])
		if info, err := os.Stat(at(with["path"])); err == nil && !info.IsDir() {
			into = filepath.Join(into, filepath.Base(with["path"]))
		}
		return copyTree(at(with["path"]), into)
	case "actions/download-artifact":
		if with["name"] != "" {
			return copyTree(artifact(with["name"]), r.work)
		}
		found, err := filepath.Glob(artifact(with["pattern"]))
		for _, dir := range found {
			if err == nil {
				err = copyTree(dir, filepath.Join(at(with["path"]), filepath.Base(dir)))
			}
		}
		return err
	}
	return fmt.Errorf("nobody knows what %s does", name)
}

// copyTree copies a file or a directory; like artifacts it keeps no modes.
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
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Close()
}
