package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
)

// keptInState are attributes whose change is not sent to the API.
var keptInState = []string{"aws_instance.force_destroy", "aws_volume_attachment.stop_instance_before_detaching"}

func TestEveryChangeIsEitherCarriedOutOrReplaces(t *testing.T) {
	for name, attributes := range changes {
		if name == "terraform_data" {
			continue
		}
		kind, known := resources[name]
		if !known {
			t.Errorf("%s is in the table and has no behaviour", name)
		}
		wanted := []string{}
		for attribute, change := range attributes {
			if change != replaces && attribute != "tags" && !slices.Contains(keptInState, name+"."+attribute) {
				wanted = append(wanted, attribute)
			}
			block, _, _ := strings.Cut(attribute, ".")
			if attribute != "tags" && !slices.Contains(kind.handled, block) {
				t.Errorf("%s.%s is in the table and not handled", name, attribute)
			}
		}
		known = slices.Equal(slices.Sorted(slices.Values(wanted)), slices.Sorted(slices.Values(inTable(name, kind.updates))))
		if !known {
			t.Errorf("%s carries out changes of %v, and the table says %v", name, kind.updates, wanted)
		}
	}
}

// inTable leaves out what the module does not set, e.g. cidr_ipv6 of an egress rule.
func inTable(name string, updates []string) []string {
	return slices.DeleteFunc(slices.Clone(updates), func(attribute string) bool {
		_, there := changes[name][attribute]
		return !there
	})
}

// planned is which attributes a change of one attribute replaces the resource for.
func planned(t *testing.T, p *provider, name string, prior, wanted object) []string {
	t.Helper()
	schema, definition := p.resourceTypes[name], p.schemas.Resources[name]
	complete := func(of object) object {
		whole := emptyBlock(definition)
		maps.Copy(whole, of)
		return whole
	}
	packed := func(of object) *tfprotov5.DynamicValue {
		value, err := pack(complete(of), schema)
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	answer, err := p.PlanResourceChange(context.Background(), &tfprotov5.PlanResourceChangeRequest{
		TypeName: name, PriorState: packed(prior), ProposedNewState: packed(wanted), Config: packed(wanted),
	})
	if err != nil || len(answer.Diagnostics) > 0 {
		t.Fatal(err, answer.Diagnostics)
	}
	paths := []string{}
	for _, path := range answer.RequiresReplace {
		paths = append(paths, path.String())
	}
	return paths
}

func TestReplacements(t *testing.T) {
	p := made(t)
	root := func(members object) object { return object{"root_block_device": []any{members}} }
	for _, one := range []struct {
		name           string
		prior, planned object
		replaced       []string
	}{
		{"aws_ebs_volume", object{"kms_key_id": "a"}, object{"kms_key_id": "b"}, []string{`AttributeName("kms_key_id")`}},
		{"aws_ebs_volume", object{"encrypted": false}, object{"encrypted": true}, []string{`AttributeName("encrypted")`}},
		{"aws_ebs_volume", object{"availability_zone": "a"}, object{"availability_zone": "b"}, []string{`AttributeName("availability_zone")`}},
		{"aws_ebs_volume", object{"size": int64(20)}, object{"size": int64(30)}, nil},
		{"aws_instance", root(object{"kms_key_id": "a"}), root(object{"kms_key_id": "b"}),
			[]string{`AttributeName("root_block_device").ElementKeyInt(0).AttributeName("kms_key_id")`}},
		{"aws_instance", root(object{"volume_size": int64(12)}), root(object{"volume_size": int64(13)}), nil},
		{"aws_instance", object{"key_name": "a"}, object{"key_name": "b"}, []string{`AttributeName("key_name")`}},
		{"aws_instance", object{"user_data": "a"}, object{"user_data": "b"}, nil},
		{"aws_instance", object{"user_data": "a", "user_data_replace_on_change": true}, object{"user_data": "b", "user_data_replace_on_change": true},
			[]string{`AttributeName("user_data")`}},
		{"aws_internet_gateway", object{"vpc_id": "a"}, object{"vpc_id": "b"}, nil},
		{"aws_vpc_security_group_ingress_rule", object{"cidr_ipv4": "192.0.2.0/24"}, object{"cidr_ipv4": "198.51.100.0/24"}, nil},
		{"aws_vpc_security_group_ingress_rule", object{"cidr_ipv4": "192.0.2.0/24"}, object{"cidr_ipv6": "2001:db8::/32"},
			[]string{`AttributeName("cidr_ipv4")`, `AttributeName("cidr_ipv6")`}},
	} {
		if replaced := planned(t, p, one.name, one.prior, one.planned); !slices.Equal(replaced, one.replaced) {
			t.Errorf("%s %v to %v: replaced for %v instead of %v", one.name, one.prior, one.planned, replaced, one.replaced)
		}
	}
}

func TestWhatTheRealProviderRejects(t *testing.T) {
	long := func(length int) string { return strings.Repeat("x", length) }
	for _, one := range []struct {
		name      string
		attribute string
		wrong     any
		right     any
	}{
		{"aws_vpc", "cidr_block", "10.0.0.1/16", "10.0.0.0/16"},
		{"aws_vpc", "cidr_block", "10.0.0.0/15", "10.0.0.0/28"},
		{"aws_subnet", "cidr_block", "10.0.0.1/24", "10.0.0.0/24"},
		{"aws_route", "destination_cidr_block", "0.0.0.0", "0.0.0.0/0"},
		{"aws_vpc_security_group_ingress_rule", "cidr_ipv4", "192.0.2.7/24", "192.0.2.0/24"},
		{"aws_vpc_security_group_ingress_rule", "cidr_ipv6", "2001:db8::1/32", "2001:db8::/32"},
		{"aws_security_group", "name", "sg-1", long(255)},
		{"aws_security_group", "description", long(256), long(255)},
		{"aws_instance", "user_data", long(16385), long(16384)},
		{"aws_key_pair", "key_name", long(256), long(255)},
		{"aws_iam_role", "name", long(65), long(64)},
		{"aws_iam_role", "name", "a b", "a.b"},
		{"aws_iam_role", "assume_role_policy", "{", "{}"},
		{"aws_iam_instance_profile", "name", long(129), long(128)},
		{"aws_ebs_volume", "kms_key_id", "alias/mine", "arn:aws:kms:eu-central-1:123456789012:key/1"},
		{"aws_ebs_volume", "throughput", int64(124), int64(1000)},
	} {
		if err := validate(one.name, object{one.attribute: one.wrong}); err == nil || !strings.Contains(err.Error(), one.attribute) {
			t.Errorf("%s.%s %v is rejected with: %v", one.name, one.attribute, one.wrong, err)
		}
		if err := validate(one.name, object{one.attribute: one.right}); err != nil {
			t.Errorf("%s.%s %v: %v", one.name, one.attribute, one.right, err)
		}
	}
	if err := validate("aws_vpc_security_group_ingress_rule", object{}); err == nil {
		t.Error("a rule without a source")
	}
	if err := validate("aws_vpc", object{"cidr_block": unknown}); err != nil {
		t.Error(err)
	}
	if err := validate("aws_vpc_security_group_ingress_rule", object{"cidr_ipv4": unknown, "cidr_ipv6": unknown}); err != nil {
		t.Error(err)
	}
}
