package nuget

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// Read says what the projects of a repository use. It evaluates their files as
// far as that is possible without running anything: what a condition decides
// counts whichever way it goes, and what depends on a property function or a
// file that is not there is left as written. A file that cannot be read is a
// problem in the result, and takes nothing else with it.
func Read(files Files) pipeline.Dependencies {
	r := &reader{files: make(Files), docs: make(map[string]*element), visited: make(map[string]bool)}
	names := make(map[string]string, len(files)) // as they were given
	for _, file := range slices.Sorted(maps.Keys(files)) {
		folded := strings.ToLower(path.Clean(file))
		r.files[folded], names[folded] = files[file], file
	}
	order := slices.Sorted(maps.Keys(r.files))
	for _, file := range order {
		switch {
		case isProject(file):
			r.project(file)
		case path.Base(file) == configFile:
			r.packagesConfig(file)
		}
	}
	// Shared files count even where the projects they serve lie deeper than was
	// read.
	for _, file := range order {
		if b := path.Base(file); b == centralFile || b == sharedFile && !r.visited[file] {
			r.shared(file)
		}
	}
	return r.result(names)
}

// project evaluates one project and takes over what it uses.
func (r *reader) project(file string) {
	root := r.doc(file)
	if root == nil {
		return
	}
	v := r.evaluate(file, root)
	locked := r.locked(path.Join(path.Dir(file), lockFile))
	for _, ref := range v.used() {
		ref.Locked = locked[strings.ToLower(ref.Package)]
		r.references = append(r.references, ref)
	}
	for _, f := range v.frameworks() {
		r.frameworks = append(r.frameworks, pipeline.Framework{Name: f, File: file})
	}
}

// evaluate reads a project with the files that MSBuild imports around it: those
// above it first, in the order in which they take effect.
func (r *reader) evaluate(file string, root *element) *evaluation {
	v := &evaluation{reader: r, properties: make(map[string][]string), items: make(map[string][]item)}
	v.include(r.above(file, sharedFile))
	v.include(r.above(file, centralFile))
	v.walk(file, root, false)
	v.include(r.above(file, lateFile))
	v.apply()
	return v
}

// shared evaluates a file that projects share, as if an empty project lay
// beside it.
func (r *reader) shared(file string) {
	if r.doc(file) == nil {
		return
	}
	v := r.evaluate(path.Join(path.Dir(file), "any.csproj"), &element{name: "project"})
	if path.Base(file) == centralFile {
		r.references = append(r.references, v.central()...)
	} else {
		r.references = append(r.references, v.used()...)
	}
}

// packagesConfig reads the older form, which gives exact versions.
func (r *reader) packagesConfig(file string) {
	root := r.doc(file)
	if root == nil {
		return
	}
	for _, p := range root.children {
		if p.name == "package" && p.attrs["id"] != "" {
			r.references = append(r.references, pipeline.Reference{Package: p.attrs["id"], Version: p.attrs["version"], File: file})
		}
	}
}

// result orders what was found, each reference once, under the paths as they
// were given.
func (r *reader) result(names map[string]string) pipeline.Dependencies {
	d := pipeline.Dependencies{References: r.references, Frameworks: r.frameworks, Problems: r.problems}
	for i := range d.References {
		d.References[i].File = names[d.References[i].File]
	}
	for i := range d.Frameworks {
		d.Frameworks[i].File = names[d.Frameworks[i].File]
	}
	for i := range d.Problems {
		d.Problems[i].File = names[d.Problems[i].File]
	}
	slices.SortFunc(d.References, func(a, b pipeline.Reference) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Package), strings.ToLower(b.Package)),
			strings.Compare(a.File, b.File), strings.Compare(a.Version, b.Version), strings.Compare(b.Locked, a.Locked), strings.Compare(a.Package, b.Package))
	})
	d.References = slices.CompactFunc(d.References, func(a, b pipeline.Reference) bool {
		return strings.EqualFold(a.Package, b.Package) && a.File == b.File && a.Version == b.Version
	})
	slices.SortFunc(d.Frameworks, func(a, b pipeline.Framework) int {
		return cmp.Or(strings.Compare(a.File, b.File), strings.Compare(a.Name, b.Name))
	})
	d.Frameworks = slices.Compact(d.Frameworks)
	slices.SortFunc(d.Problems, func(a, b pipeline.FileProblem) int { return strings.Compare(a.File, b.File) })
	return d
}
