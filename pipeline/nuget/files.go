package nuget

import (
	"encoding/json"
	"path"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// Files holds the project files of a repository by their slashed paths.
type Files map[string][]byte

// Wanted reports that a file of this path is one that [Read] reads.
func Wanted(file string) bool {
	name := strings.ToLower(path.Base(file))
	return isProject(name) || path.Ext(name) == ".props" || name == configFile || name == lockFile || name == lateFile
}

func isProject(file string) bool {
	ext := path.Ext(strings.ToLower(file))
	return ext == ".csproj" || ext == ".fsproj" || ext == ".vbproj"
}

const (
	centralFile = "directory.packages.props"
	sharedFile  = "directory.build.props"
	lateFile    = "directory.build.targets"
	configFile  = "packages.config"
	lockFile    = "packages.lock.json"
)

// reader collects what the files of a repository say.
type reader struct {
	files   Files               // paths in lower case
	docs    map[string]*element // parsed; nil for what cannot be read
	visited map[string]bool

	references []pipeline.Reference
	frameworks []pipeline.Framework
	problems   []pipeline.FileProblem
}

// doc returns a file's root element, nil when it is not there or cannot be read.
func (r *reader) doc(file string) *element {
	if e, ok := r.docs[file]; ok {
		return e
	}
	data, ok := r.files[file]
	if !ok {
		return nil
	}
	e, err := parseXML(data)
	if err != nil {
		r.problems = append(r.problems, pipeline.FileProblem{File: file, Problem: err.Error()})
	}
	r.docs[file] = e
	return e
}

// above finds the nearest file of a name, in the folder of another or upwards.
func (r *reader) above(file, name string) string {
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		if f := path.Join(dir, name); r.files[f] != nil {
			return f
		}
		if dir == "." || dir == "/" {
			return ""
		}
	}
}

// locked reads a packages.lock.json: the versions that restoring takes, by
// package in lower case, the lowest where frameworks differ. A file that is not
// there locks nothing.
func (r *reader) locked(file string) map[string]string {
	data, ok := r.files[file]
	if !ok {
		return nil
	}
	var doc struct {
		Dependencies map[string]map[string]struct{ Type, Resolved string }
	}
	data, err := utf8Of(data)
	if err == nil {
		err = json.Unmarshal(data, &doc)
	}
	if err != nil {
		r.problems = append(r.problems, pipeline.FileProblem{File: file, Problem: err.Error()})
		return nil
	}
	locked := make(map[string]string)
	for _, packages := range doc.Dependencies {
		for id, p := range packages {
			v, ok := ParseVersion(p.Resolved)
			if !ok || p.Type != "Direct" && p.Type != "CentralTransitive" {
				continue
			}
			id = strings.ToLower(id)
			if old, ok := ParseVersion(locked[id]); !ok || v.Compare(old) < 0 {
				locked[id] = v.String()
			}
		}
	}
	return locked
}
