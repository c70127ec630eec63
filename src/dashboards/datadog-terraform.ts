/**
 * Terraform's resources for the files beside it. It is the same for every flag: what is named by users stands in the
 * JSON, which Terraform reads and never parses as its own language.
 */
const PROVIDER = `terraform {
  required_providers {
    datadog = {
      source  = "DataDog/datadog"
      version = ">= 3.44, < 5.0"
    }
  }
}

resource "datadog_dashboard_json" "flag" {
  dashboard = file("\${path.module}/dashboard.json")
}
`;

/** Once for an account: the dashboard of all flags, and the tags and percentiles of the distribution. */
export const TERRAFORM_ACCOUNT: string = `${PROVIDER}
locals {
  distribution = jsondecode(file("\${path.module}/metric-tags.json")).data
}

resource "datadog_metric_tag_configuration" "distribution" {
  metric_name         = local.distribution.id
  metric_type         = local.distribution.attributes.metric_type
  tags                = local.distribution.attributes.tags
  include_percentiles = local.distribution.attributes.include_percentiles
}
`;

/** Of one flag. */
export const TERRAFORM_FLAG: string = `${PROVIDER}
variable "notify" {
  description = "Whom the monitors tell, such as @slack-releases; added to their messages"
  type        = string
  default     = ""
}

locals {
  monitors = {
    for name in ["error-ratio", "slow-share", "no-data"] :
    name => jsondecode(file("\${path.module}/monitors/\${name}.json"))
  }
  spans_metrics = {
    for name in ["hits", "duration"] :
    name => jsondecode(file("\${path.module}/spans-metrics/\${name}.json")).data
  }
}

resource "datadog_monitor_json" "flag" {
  for_each = local.monitors
  monitor = jsonencode(merge(each.value, {
    message = join("\\n\\n", compact([each.value.message, var.notify]))
  }))
}

resource "datadog_spans_metric" "flag" {
  for_each = local.spans_metrics
  name     = each.value.id

  compute {
    aggregation_type    = each.value.attributes.compute.aggregation_type
    path                = try(each.value.attributes.compute.path, null)
    include_percentiles = try(each.value.attributes.compute.include_percentiles, null)
  }

  filter {
    query = each.value.attributes.filter.query
  }

  dynamic "group_by" {
    for_each = each.value.attributes.group_by
    content {
      path     = group_by.value.path
      tag_name = group_by.value.tag_name
    }
  }
}
`;
