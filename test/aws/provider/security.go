package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

var securityGroupResource = resource{
	handled: []string{"name", "description", "vpc_id", "revoke_rules_on_delete"},
	tagged:  true,
	plan: func(_ *provider, configured, prior, plan object) {
		if configured["description"] == nil {
			plan["description"] = "Managed by Terraform"
		}
	},
	create: func(ctx context.Context, p *provider, plan object) (object, error) {
		made, err := p.ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
			GroupName: orNil(plan, "name"), Description: orNil(plan, "description"), VpcId: orNil(plan, "vpc_id"),
			TagSpecifications: ec2Tags(types.ResourceTypeSecurityGroup, plan["tags_all"]),
		})
		if err != nil {
			return nil, err
		}
		state := object{"id": aws.ToString(made.GroupId)}
		// The rule that EC2 gives every new group; the real provider removes it, too.
		_, err = p.ec2.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{
			GroupId: made.GroupId,
			IpPermissions: []types.IpPermission{{
				IpProtocol: aws.String("-1"), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
			}},
		})
		return state, unless(err, "InvalidPermission.NotFound")
	},
	read: func(ctx context.Context, p *provider, state object) (object, error) {
		found, err := p.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{text(state, "id")}})
		if err = unless(err, "InvalidGroup.NotFound", "InvalidGroupId.Malformed"); err != nil || found == nil || len(found.SecurityGroups) == 0 {
			return nil, err
		}
		one := found.SecurityGroups[0]
		return object{
			"id": deref(one.GroupId), "name": deref(one.GroupName), "description": deref(one.Description), "vpc_id": deref(one.VpcId),
			"owner_id": deref(one.OwnerId), "tags_all": tagsOf(one.Tags), "name_prefix": "",
			"arn": fmt.Sprintf("arn:aws:ec2:%s:%s:security-group/%s", p.region, aws.ToString(one.OwnerId), text(state, "id")),
		}, nil
	},
	remove: func(ctx context.Context, p *provider, state object) error {
		return await(ctx, networkMinutes, func() (bool, string, error) {
			_, err := p.ec2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: orNil(state, "id")})
			// Interfaces of machines that are going still have it for a while.
			if isCode(err, "DependencyViolation") {
				return false, "in use", nil
			}
			return true, "", unless(err, "InvalidGroup.NotFound")
		})
	},
}

var ruleAttributes = []string{"security_group_id", "cidr_ipv4", "cidr_ipv6", "referenced_security_group_id", "from_port", "to_port", "ip_protocol", "description"}

func permission(plan object) types.IpPermission {
	made := types.IpPermission{IpProtocol: orNil(plan, "ip_protocol"), FromPort: number(plan, "from_port"), ToPort: number(plan, "to_port")}
	description := orNil(plan, "description")
	if cidr := orNil(plan, "cidr_ipv4"); cidr != nil {
		made.IpRanges = []types.IpRange{{CidrIp: cidr, Description: description}}
	}
	if cidr := orNil(plan, "cidr_ipv6"); cidr != nil {
		made.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: cidr, Description: description}}
	}
	if group := orNil(plan, "referenced_security_group_id"); group != nil {
		made.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: group, Description: description}}
	}
	return made
}

func rule(create func(context.Context, *provider, object) ([]types.SecurityGroupRule, error), remove func(context.Context, *provider, object) error) resource {
	return resource{
		handled: ruleAttributes,
		updates: ruleAttributes[1:],
		tagged:  true,
		create: func(ctx context.Context, p *provider, plan object) (object, error) {
			made, err := create(ctx, p, plan)
			if err != nil {
				return nil, err
			}
			if len(made) != 1 {
				return nil, fmt.Errorf("%d rules were made instead of one", len(made))
			}
			return object{"id": aws.ToString(made[0].SecurityGroupRuleId)}, nil
		},
		read: func(ctx context.Context, p *provider, state object) (object, error) {
			found, err := p.ec2.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{text(state, "id")}})
			if err = unless(err, "InvalidSecurityGroupRuleId.NotFound", "InvalidGroup.NotFound"); err != nil || found == nil || len(found.SecurityGroupRules) == 0 {
				return nil, err
			}
			one := found.SecurityGroupRules[0]
			read := object{
				"id": deref(one.SecurityGroupRuleId), "security_group_rule_id": deref(one.SecurityGroupRuleId), "security_group_id": deref(one.GroupId),
				"ip_protocol": deref(one.IpProtocol), "cidr_ipv4": deref(one.CidrIpv4), "cidr_ipv6": deref(one.CidrIpv6),
				"from_port": deref(one.FromPort), "to_port": deref(one.ToPort), "tags_all": tagsOf(one.Tags),
				"arn": fmt.Sprintf("arn:aws:ec2:%s:%s:security-group-rule/%s", p.region, aws.ToString(one.GroupOwnerId), text(state, "id")),
			}
			if description := aws.ToString(one.Description); description != "" {
				read["description"] = description
			}
			if one.ReferencedGroupInfo != nil {
				read["referenced_security_group_id"] = deref(one.ReferencedGroupInfo.GroupId)
			}
			// For a rule of every protocol, EC2 returns the port -1, which no configuration has.
			if aws.ToString(one.IpProtocol) == "-1" {
				read["from_port"], read["to_port"] = state["from_port"], state["to_port"]
			}
			return read, nil
		},
		update: func(ctx context.Context, p *provider, prior, plan object) error {
			if len(differing(prior, plan, ruleAttributes...)) == 0 {
				return nil
			}
			_, err := p.ec2.ModifySecurityGroupRules(ctx, &ec2.ModifySecurityGroupRulesInput{
				GroupId: orNil(plan, "security_group_id"),
				SecurityGroupRules: []types.SecurityGroupRuleUpdate{{
					SecurityGroupRuleId: orNil(plan, "id"),
					SecurityGroupRule: &types.SecurityGroupRuleRequest{
						CidrIpv4: orNil(plan, "cidr_ipv4"), CidrIpv6: orNil(plan, "cidr_ipv6"), Description: orNil(plan, "description"),
						FromPort: number(plan, "from_port"), ToPort: number(plan, "to_port"), IpProtocol: orNil(plan, "ip_protocol"),
						ReferencedGroupId: orNil(plan, "referenced_security_group_id"),
					},
				}},
			})
			return err
		},
		remove: func(ctx context.Context, p *provider, state object) error {
			return unless(remove(ctx, p, state), "InvalidSecurityGroupRuleId.NotFound", "InvalidGroup.NotFound", "InvalidPermission.NotFound")
		},
	}
}

var ingressRuleResource = rule(
	func(ctx context.Context, p *provider, plan object) ([]types.SecurityGroupRule, error) {
		made, err := p.ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: orNil(plan, "security_group_id"), IpPermissions: []types.IpPermission{permission(plan)},
			TagSpecifications: ec2Tags(types.ResourceTypeSecurityGroupRule, plan["tags_all"]),
		})
		if err != nil {
			return nil, err
		}
		return made.SecurityGroupRules, nil
	},
	func(ctx context.Context, p *provider, state object) error {
		_, err := p.ec2.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{
			GroupId: orNil(state, "security_group_id"), SecurityGroupRuleIds: []string{text(state, "id")},
		})
		return err
	},
)

var egressRuleResource = rule(
	func(ctx context.Context, p *provider, plan object) ([]types.SecurityGroupRule, error) {
		made, err := p.ec2.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{
			GroupId: orNil(plan, "security_group_id"), IpPermissions: []types.IpPermission{permission(plan)},
			TagSpecifications: ec2Tags(types.ResourceTypeSecurityGroupRule, plan["tags_all"]),
		})
		if err != nil {
			return nil, err
		}
		return made.SecurityGroupRules, nil
	},
	func(ctx context.Context, p *provider, state object) error {
		_, err := p.ec2.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{
			GroupId: orNil(state, "security_group_id"), SecurityGroupRuleIds: []string{text(state, "id")},
		})
		return err
	},
)

var keyPairResource = resource{
	handled: []string{"key_name", "public_key"},
	tagged:  true,
	create: func(ctx context.Context, p *provider, plan object) (object, error) {
		made, err := p.ec2.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{
			KeyName: orNil(plan, "key_name"), PublicKeyMaterial: []byte(text(plan, "public_key")),
			TagSpecifications: ec2Tags(types.ResourceTypeKeyPair, plan["tags_all"]),
		})
		if err != nil {
			return nil, err
		}
		return object{"id": aws.ToString(made.KeyName)}, nil
	},
	read: func(ctx context.Context, p *provider, state object) (object, error) {
		found, err := p.ec2.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{KeyNames: []string{text(state, "id")}})
		if err = unless(err, "InvalidKeyPair.NotFound"); err != nil || found == nil || len(found.KeyPairs) == 0 {
			return nil, err
		}
		one := found.KeyPairs[0]
		return object{
			"id": deref(one.KeyName), "key_name": deref(one.KeyName), "key_pair_id": deref(one.KeyPairId), "fingerprint": deref(one.KeyFingerprint),
			"key_type": string(one.KeyType), "tags_all": tagsOf(one.Tags), "key_name_prefix": "",
			"arn": fmt.Sprintf("arn:aws:ec2:%s::key-pair/%s", p.region, aws.ToString(one.KeyName)),
		}, nil
	},
	tag: func(ctx context.Context, p *provider, state object, set map[string]string, remove []string) error {
		return p.tagEC2(ctx, text(state, "key_pair_id"), set, remove)
	},
	remove: func(ctx context.Context, p *provider, state object) error {
		_, err := p.ec2.DeleteKeyPair(ctx, &ec2.DeleteKeyPairInput{KeyName: orNil(state, "id")})
		return unless(err, "InvalidKeyPair.NotFound")
	},
}
