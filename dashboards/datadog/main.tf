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

locals {
  distribution = jsondecode(file("${path.module}/metric-tags.json")).data
}

resource "datadog_metric_tag_configuration" "distribution" {
  metric_name         = local.distribution.id
  metric_type         = local.distribution.attributes.metric_type
  tags                = local.distribution.attributes.tags
  include_percentiles = local.distribution.attributes.include_percentiles
}
