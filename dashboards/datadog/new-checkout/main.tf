terraform {
  required_providers {
    datadog = {
      source  = "DataDog/datadog"
      version = ">= 3.44, < 5.0"
    }
  }
}

resource "datadog_dashboard_json" "flag" {
  dashboard = file("${path.module}/dashboard.json")
}

variable "notify" {
  description = "Whom the monitors tell, such as @slack-releases; added to their messages"
  type        = string
  default     = ""
}

locals {
  monitors = {
    for name in ["error-ratio", "slow-share", "no-data"] :
    name => jsondecode(file("${path.module}/monitors/${name}.json"))
  }
  spans_metrics = {
    for name in ["hits", "duration"] :
    name => jsondecode(file("${path.module}/spans-metrics/${name}.json")).data
  }
}

resource "datadog_monitor_json" "flag" {
  for_each = local.monitors
  monitor = jsonencode(merge(each.value, {
    message = join("\n\n", compact([each.value.message, var.notify]))
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
