package nuget

import (
	"slices"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// apply turns the statements into items, in their order: an Update changes only
// what is there, a Remove takes it away. Under a condition neither is certain,
// so what was there stays.
func (v *evaluation) apply() {
	v.centred = pipeline.ContainsFold(v.properties["managepackageversionscentrally"], "true")
	for _, s := range v.stated {
		switch s.name {
		case "packagereference", "packageversion", "globalpackagereference":
		default:
			continue
		}
		for _, id := range v.ids(s.attrs["remove"]) {
			if !s.conditional {
				v.items[s.name] = slices.DeleteFunc(v.items[s.name], func(i item) bool { return strings.EqualFold(i.id, id) })
			}
		}
		for _, id := range v.ids(s.attrs["include"]) {
			v.items[s.name] = append(v.items[s.name], v.item(s, id))
		}
		for _, id := range v.ids(s.attrs["update"]) {
			v.update(s, v.item(s, id))
		}
	}
}

func (v *evaluation) item(s statement, id string) item {
	i := item{id: id, file: s.file}
	if w := s.value("version"); w != "" {
		i.versions = v.expand(w)
	}
	if w := s.value("versionoverride"); w != "" {
		i.override = v.expand(w)
	}
	return i
}

func (v *evaluation) update(s statement, with item) {
	change := func(was *[]string, to []string, file *string) {
		if to == nil {
			return
		}
		if s.conditional {
			to = few(slices.Concat(*was, to))
		}
		*was, *file = to, with.file
	}
	for n := range v.items[s.name] {
		if i := &v.items[s.name][n]; strings.EqualFold(i.id, with.id) {
			change(&i.versions, with.versions, &i.file)
			change(&i.override, with.override, &i.file)
		}
	}
}

// ids splits a list of package ids; what is no id, because a property in it is
// not known, is left out.
func (v *evaluation) ids(list string) []string {
	var ids []string
	for _, text := range v.expand(list) {
		for id := range strings.SplitSeq(text, ";") {
			if id = strings.TrimSpace(id); validID(id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// validID reports that a text can name a package: NuGet allows letters, digits,
// dots, dashes and underscores, 100 at most.
func validID(id string) bool {
	return id != "" && len(id) <= 100 && !strings.ContainsFunc(id, func(r rune) bool {
		return r != '.' && r != '_' && notInLabel(r)
	})
}

// used returns the packages that the project refers to. A reference without a
// version takes the central one, if versions are managed centrally; else it
// stays without.
func (v *evaluation) used() []pipeline.Reference {
	var items []item
	for _, i := range v.items["packagereference"] {
		switch {
		case i.override != nil:
			i.versions = i.override
		case i.versions == nil:
			i = v.centrally(i)
		}
		items = append(items, i)
	}
	if v.centred {
		items = append(items, v.items["globalpackagereference"]...)
	}
	return references(items)
}

func (v *evaluation) centrally(i item) item {
	if v.centred {
		for _, c := range slices.Backward(v.items["packageversion"]) {
			if strings.EqualFold(c.id, i.id) && c.versions != nil {
				return c
			}
		}
	}
	return i
}

// central returns the packages whose versions are managed centrally.
func (v *evaluation) central() []pipeline.Reference {
	if !v.centred {
		return nil
	}
	return references(slices.Concat(v.items["packageversion"], v.items["globalpackagereference"]))
}

func references(items []item) []pipeline.Reference {
	var refs []pipeline.Reference
	for _, i := range items {
		if i.versions == nil {
			i.versions = []string{""}
		}
		for _, version := range i.versions {
			refs = append(refs, pipeline.Reference{Package: i.id, Version: strings.TrimSpace(version), File: i.file})
		}
	}
	return refs
}

// frameworks returns the monikers that a project targets, as written, but in
// lower case. Projects of the older form give a version of .NET Framework.
func (v *evaluation) frameworks() []string {
	var all []string
	for _, property := range []string{"targetframework", "targetframeworks"} {
		for _, list := range v.properties[property] {
			for name := range strings.SplitSeq(strings.ToLower(list), ";") {
				if name = strings.TrimSpace(name); name != "" && !strings.HasPrefix(name, "$(targetframework") {
					all = append(all, name)
				}
			}
		}
	}
	identifier := v.properties["targetframeworkidentifier"]
	if len(all) == 0 && (identifier == nil || slices.Contains(identifier, ".NETFramework")) {
		for _, version := range v.properties["targetframeworkversion"] {
			if digits, ok := strings.CutPrefix(strings.ToLower(version), "v"); ok {
				all = append(all, "net"+strings.ReplaceAll(digits, ".", ""))
			}
		}
	}
	return all
}
