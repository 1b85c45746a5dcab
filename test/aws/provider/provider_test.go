package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func made(t *testing.T) *provider {
	t.Helper()
	p, err := newProvider()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What is handled has to be there in the real provider, or nobody could ever set it.
func TestHandledAttributesAreOfTheRealSchema(t *testing.T) {
	p := made(t)
	for name := range p.schemas.Resources {
		if _, known := resources[name]; !known {
			t.Errorf("%s has a schema and no behaviour", name)
		}
	}
	for name, kind := range resources {
		definition := p.schemas.Resources[name]
		for _, attribute := range kind.handled {
			_, isAttribute := definition.Attributes[attribute]
			_, isBlock := definition.Blocks[attribute]
			if !isAttribute && !isBlock {
				t.Errorf("%s has no %s", name, attribute)
			}
		}
		if _, has := definition.Attributes["tags_all"]; has != kind.tagged {
			t.Errorf("%s: tagged is %v, and its schema says otherwise", name, kind.tagged)
		}
	}
	for name, kind := range dataSources {
		definition := p.schemas.DataSources[name]
		for _, attribute := range kind.handled {
			_, isAttribute := definition.Attributes[attribute]
			_, isBlock := definition.Blocks[attribute]
			if !isAttribute && !isBlock {
				t.Errorf("data %s has no %s", name, attribute)
			}
		}
	}
}

func TestSchemaHasWhatTheRealOneHas(t *testing.T) {
	p := made(t)
	if p.schemas.ProviderVersion != "6.25.0" {
		t.Errorf("of version %s", p.schemas.ProviderVersion)
	}
	instance := p.resourceTypes["aws_instance"].ValueType().(tftypes.Object)
	if !instance.AttributeTypes["vpc_security_group_ids"].Is(tftypes.Set{}) {
		t.Error("vpc_security_group_ids is no set")
	}
	if _, has := instance.AttributeTypes["no_such_attribute"]; has {
		t.Error("an attribute that nobody has")
	}
}

func TestWhatIsNotCarriedOutIsRefused(t *testing.T) {
	err := refuseUnhandled(object{"ami": "ami-1", "hibernation": true, "tags": nil, "network_interface": []any{}}, []string{"ami"})
	if err == nil || !strings.Contains(err.Error(), "hibernation") || strings.Contains(err.Error(), "network_interface") {
		t.Errorf("refused with: %v", err)
	}
}

func TestValuesComeBackEqual(t *testing.T) {
	p := made(t)
	schema := p.resourceTypes["aws_ebs_volume"]
	value := emptyBlock(p.schemas.Resources["aws_ebs_volume"])
	value["size"], value["encrypted"], value["type"], value["arn"] = int64(20), true, "gp3", unknown
	value["tags"] = object{"a": "b"}
	packed, err := pack(value, schema)
	if err != nil {
		t.Fatal(err)
	}
	back, err := unpack(packed, schema)
	if err != nil {
		t.Fatal(err)
	}
	for name, wanted := range value {
		if !same(back[name], wanted) {
			t.Errorf("%s is %v instead of %v", name, back[name], wanted)
		}
	}
}

func TestDefaultTags(t *testing.T) {
	p := &provider{defaultTags: object{"cluster": "pg", "site": "a"}}
	all := p.allTags(object{"Name": "n", "site": "b"}).(object)
	if !same(all, object{"cluster": "pg", "site": "b", "Name": "n"}) {
		t.Errorf("merged to %v", all)
	}
	if own := p.ownTags(all, object{"Name": "n", "site": "b"}); !same(own, object{"Name": "n", "site": "b"}) {
		t.Errorf("own are %v", own)
	}
	if own := p.ownTags(object{"cluster": "pg", "site": "a"}, nil); own != nil {
		t.Errorf("own are %v, and nobody wrote any", own)
	}
	if p.allTags(object{"Name": unknown}) != unknown {
		t.Error("what is not known yet was told")
	}
}

func TestTagChanges(t *testing.T) {
	set, remove := tagChanges(object{"a": "1", "b": "2"}, object{"a": "1", "b": "3", "c": "4"})
	if len(remove) != 0 || len(set) != 2 || set["b"] != "3" || set["c"] != "4" {
		t.Errorf("set %v, remove %v", set, remove)
	}
	if _, remove = tagChanges(object{"a": "1"}, object{}); !slices.Equal(remove, []string{"a"}) {
		t.Errorf("remove %v", remove)
	}
}

func TestFillTakesWhatWasReadForWhatWasUnknown(t *testing.T) {
	planned := object{"id": unknown, "size": int64(1), "root": []any{object{"volume_id": unknown, "size": int64(8)}}}
	read := object{"id": "vol-1", "size": int64(2), "root": []any{object{"volume_id": "vol-2", "size": int64(9)}}}
	filled := fill(planned, any(read))
	if !same(filled, object{"id": "vol-1", "size": int64(1), "root": []any{object{"volume_id": "vol-2", "size": int64(8)}}}) {
		t.Errorf("filled to %v", filled)
	}
}
