package main

import (
	"context"
	"sort"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// Data sources that find any number of things. Unlike the singular ones they do not fail on none, which is
// why a destroy can rely on them.

// readAMIIDs returns the newest image first, as the real data source does by default.
func readAMIIDs(ctx context.Context, p *provider, configured object) (object, error) {
	found, err := p.ec2.DescribeImages(ctx, &ec2.DescribeImagesInput{Owners: texts(configured, "owners"), Filters: filters(configured)})
	if err != nil {
		return nil, err
	}
	images := found.Images
	sort.Slice(images, func(a, b int) bool {
		return aws.ToString(images[a].CreationDate) > aws.ToString(images[b].CreationDate)
	})
	ids := []string{}
	for _, one := range images {
		ids = append(ids, aws.ToString(one.ImageId))
	}
	return object{"id": p.region, "ids": textList(ids)}, nil
}

func readVpcs(ctx context.Context, p *provider, configured object) (object, error) {
	found, err := p.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: filters(configured)})
	if err != nil {
		return nil, err
	}
	ids := []string{}
	for _, one := range found.Vpcs {
		ids = append(ids, aws.ToString(one.VpcId))
	}
	return object{"id": p.region, "ids": textList(ids)}, nil
}

// readPartition follows from the region's name alone, and needs no request.
func readPartition(_ context.Context, p *provider, _ object) (object, error) {
	partition, suffix, reverse := "aws", "amazonaws.com", "com.amazonaws"
	switch {
	case strings.HasPrefix(p.region, "cn-"):
		partition, suffix, reverse = "aws-cn", "amazonaws.com.cn", "cn.com.amazonaws"
	case strings.HasPrefix(p.region, "us-gov-"):
		partition = "aws-us-gov"
	}
	return object{"id": partition, "partition": partition, "dns_suffix": suffix, "reverse_dns_prefix": reverse}, nil
}
