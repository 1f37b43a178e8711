package nuget

import (
	"path"
	"slices"
	"strings"
)

// The most that one project may ask for: more is no project file, but an attempt to
// be expensive.
const (
	maxImports = 32   // files that are imported, in all
	maxValues  = 8    // values that a text may have, by conditions
	maxValue   = 4096 // bytes in one of them
)

// evaluation is one project's properties and items. MSBuild evaluates all
// properties before it looks at any item.
type evaluation struct {
	reader  *reader
	open    []string // files that are being walked
	imports int
	stated  []statement
	centred bool // versions are managed centrally

	properties map[string][]string // what each may be; more than one by conditions
	items      map[string][]item   // by element, in order
}

// statement is an item as written, and in which file.
type statement struct {
	*element
	file        string
	conditional bool
}

// item is a package that is referenced or given a version.
type item struct {
	id       string
	versions []string // what it may be; nil for none said
	override []string
	file     string // where the version is said, else the reference
}

// include walks another file, unless there is none or it includes itself.
func (v *evaluation) include(file string) {
	if file == "" || v.imports >= maxImports || slices.Contains(v.open, file) {
		return
	}
	v.imports++
	if root := v.reader.doc(file); root != nil {
		v.reader.visited[file] = true
		v.walk(file, root, false)
	}
}

// walk takes properties into account at once and keeps items for later.
func (v *evaluation) walk(file string, e *element, conditional bool) {
	v.open = append(v.open, file)
	defer func() { v.open = v.open[:len(v.open)-1] }()
	for _, c := range e.children {
		unsure := conditional || c.attrs["condition"] != ""
		switch c.name {
		case "propertygroup":
			for _, p := range c.children {
				v.set(p, unsure)
			}
		case "itemgroup":
			for _, i := range c.children {
				v.stated = append(v.stated, statement{i, file, unsure || i.attrs["condition"] != ""})
			}
		case "choose", "when", "otherwise":
			v.walk(file, c, true)
		case "importgroup":
			v.walk(file, c, unsure)
		case "import":
			v.include(v.imported(file, c.attrs["project"]))
		}
	}
}

// imported resolves the file that an import names: a relative path, or the
// nearest one above, which is how a folder's file goes on with its parents'.
func (v *evaluation) imported(from, project string) string {
	dir := path.Dir(from)
	p := strings.ToLower(strings.ReplaceAll(project, `\`, "/"))
	if rest, ok := strings.CutPrefix(p, "$([msbuild]::getpathoffileabove("); ok {
		name, _, _ := strings.Cut(strings.Trim(rest, `'")`), ",")
		return v.reader.above(path.Join(path.Dir(dir), "any"), path.Base(strings.Trim(name, `'" )`)))
	}
	p = strings.ReplaceAll(p, "$(msbuildthisfiledirectory)", "./")
	if p == "" || strings.Contains(p, "$(") || dir == "." && strings.HasPrefix(p, "../") {
		return ""
	}
	return path.Join(dir, p)
}

// set gives a property its value. A condition leaves open which value holds,
// except the common one that asks whether there is none yet.
func (v *evaluation) set(p *element, unsure bool) {
	values := v.expand(p.text)
	condition := strings.ReplaceAll(strings.ToLower(p.attrs["condition"]), " ", "")
	if condition == "'$("+p.name+")'==''" {
		if v.properties[p.name] != nil {
			return
		}
	} else {
		unsure = unsure || condition != ""
	}
	if unsure {
		values = few(append(slices.Clone(v.properties[p.name]), values...))
	}
	v.properties[p.name] = values
}

// expand returns what a text may be once its properties are replaced. Unknown ones
// stay as written.
func (v *evaluation) expand(text string) []string {
	before, rest, found := strings.Cut(text, "$(")
	name, after, closed := strings.Cut(rest, ")")
	if !found || !closed {
		return []string{text}
	}
	values, known := v.properties[strings.ToLower(strings.TrimSpace(name))]
	if !known || strings.ContainsAny(name, "[(.:'") {
		values = []string{"$(" + name + ")"}
	}
	tails := v.expand(after)
	var all []string
	for _, value := range values {
		for _, tail := range tails {
			if len(before)+len(value)+len(tail) > maxValue {
				return []string{text[:min(len(text), maxValue)]}
			}
			all = append(all, before+value+tail)
		}
	}
	return few(all)
}

// few drops repetitions and keeps at most maxValues.
func few(values []string) []string {
	var kept []string
	for _, s := range values {
		if !slices.Contains(kept, s) && len(kept) < maxValues {
			kept = append(kept, s)
		}
	}
	return kept
}
