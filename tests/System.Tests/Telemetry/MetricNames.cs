using System.Text.RegularExpressions;

namespace OrleansTasks.System.Tests.Telemetry;

/// <summary>What <c>/metrics</c> has: each metric with its type and its labels. Dashboards and alerts of users are made of these.</summary>
internal static partial class MetricNames
{
    /// <summary>What every gateway has once it has answered a request and collected garbage.</summary>
    public static readonly string[] Gateway =
    [
        "dotnet_assembly_count gauge",
        "dotnet_gc_collections_total counter gc_heap_generation",
        "dotnet_gc_heap_total_allocated_bytes_total counter",
        "dotnet_gc_pause_time_seconds_total counter",
        "dotnet_jit_compilation_time_seconds_total counter",
        "dotnet_jit_compiled_il_size_bytes_total counter",
        "dotnet_jit_compiled_methods_total counter",
        "dotnet_monitor_lock_contentions_total counter",
        "dotnet_process_cpu_count gauge",
        "dotnet_process_cpu_time_seconds_total counter cpu_mode",
        "dotnet_process_memory_working_set_bytes gauge",
        "dotnet_thread_pool_queue_length_total counter",
        "dotnet_thread_pool_thread_count_total counter",
        "dotnet_thread_pool_work_item_count_total counter",
        "dotnet_timer_count gauge",
        "http_server_active_requests gauge http_request_method,url_scheme",
        "http_server_request_duration_seconds histogram http_request_method,http_response_status_code,http_route,network_protocol_version,url_scheme",
        "kestrel_active_connections gauge network_transport,network_type,server_address,server_port",
        "kestrel_queued_connections gauge network_transport,network_type,server_address,server_port",
        "orleanstasks_answers_bytes gauge",
        "orleanstasks_answers_waiting gauge",
        "orleanstasks_attention_items gauge code",
        "orleanstasks_bodies_bytes gauge",
        "orleanstasks_bodies_waiting gauge",
        "orleanstasks_reads_running gauge",
        "orleanstasks_reads_waiting gauge",
    ];

    /// <summary>What a service with everything in it has besides, once a task has ended.</summary>
    public static readonly string[] Tasks =
    [
        "orleanstasks_audit_dropped_total counter class",
        "orleanstasks_audit_records gauge class",
        "orleanstasks_commit_duration_seconds histogram",
        "orleanstasks_commit_rows_total counter",
        "orleanstasks_commits_total counter outcome",
        "orleanstasks_node_report_duration_seconds histogram",
        "orleanstasks_node_results_total counter reason",
        "orleanstasks_node_starts_total counter",
        "orleanstasks_task_transitions_total counter state",
        "orleanstasks_worker_attempt_duration_seconds histogram",
        "orleanstasks_worker_attempts_ended_total counter reason",
        "orleanstasks_worker_attempts_started_total counter",
        "orleanstasks_worker_running gauge",
        "orleanstasks_worker_unsettled gauge",
    ];

    /// <summary>What is there once something has happened that need not happen.</summary>
    private static readonly string[] Sometimes =
    [
        "dotnet_exceptions_total counter error_type",
        "dotnet_gc_last_collection_heap_fragmentation_size_bytes gauge gc_heap_generation",
        "dotnet_gc_last_collection_heap_size_bytes gauge gc_heap_generation",
        "dotnet_gc_last_collection_memory_committed_size_bytes gauge",
        "kestrel_connection_duration_seconds histogram network_protocol_name,network_protocol_version,network_transport,network_type,server_address,server_port",
        "kestrel_rejected_connections_total counter network_transport,network_type,server_address,server_port",
        "orleanstasks_certificate_remaining_seconds gauge option",
        "orleanstasks_demand_nodes gauge requires,resources",
        "orleanstasks_demand_tasks gauge requires,resources",
        "orleanstasks_hints_lost_total counter",
        "orleanstasks_node_commands_dropped_total counter",
        "orleanstasks_http2_connections gauge",
        "orleanstasks_nodes gauge state",
        "orleanstasks_queue_depth gauge queue",
        "orleanstasks_queue_oldest_seconds gauge queue",
        "orleanstasks_queue_running gauge queue",
        "orleanstasks_slots gauge",
        "orleanstasks_slots_used gauge",
        "orleanstasks_node_output_bytes_total counter",
        "orleanstasks_node_refusals_total counter",
        "orleanstasks_answers_cut_total counter",
        "orleanstasks_answers_refused_total counter reason",
        "orleanstasks_bodies_refused_total counter reason",
        "orleanstasks_reads_refused_total counter reason",
        "orleanstasks_retention_tasks_total counter",
        "orleanstasks_worker_attempts_refused_total counter",
        "orleanstasks_worker_lease_kills_total counter",
    ];

    /// <summary>Compares a text of <c>/metrics</c> with what it must have.</summary>
    public static void Check(string text, params string[][] must)
    {
        var seen = In(text);
        string[] all = [.. must.SelectMany(static names => names)];
        Assert.Equal(all.Order(StringComparer.Ordinal), seen.Except(Sometimes).Order(StringComparer.Ordinal));
    }

    /// <summary>Every metric that there can be, with the labels that it can have.</summary>
    public static Dictionary<string, string[]> All => Gateway.Concat(Tasks).Concat(Sometimes).Select(static line => line.Split(' '))
        .ToDictionary(static parts => parts[0], static parts => parts.Length > 2 ? parts[2].Split(',') : []);

    private static List<string> In(string text)
    {
        List<(string Name, string Type, SortedSet<string> Labels)> metrics = [];
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
                metrics.Add((line.Split(' ')[2], line.Split(' ')[3], new SortedSet<string>(StringComparer.Ordinal)));
            if (line.StartsWith('#'))
                continue;
            Assert.StartsWith(metrics[^1].Name, line, StringComparison.Ordinal);
            // How a request failed is there for those that did.
            foreach (var label in Label().Matches(line).Select(static match => match.Groups[1].Value))
                if (label is not ("le" or "error_type" or "aspnetcore_request_is_unhandled") || metrics[^1].Name == "dotnet_exceptions_total")
                    metrics[^1].Labels.Add(label);
        }

        return [.. metrics.Select(static metric => $"{metric.Name} {metric.Type} {string.Join(',', metric.Labels)}".TrimEnd())];
    }

    [GeneratedRegex("[{,]([a-z_]+)=\"")]
    private static partial Regex Label();
}
