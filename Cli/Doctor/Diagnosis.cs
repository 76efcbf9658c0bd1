using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.ApiClient;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Doctor;

/// <summary>Judges the installation's health from the gateway's answers.</summary>
internal static class Diagnosis
{
    // The Date header has a resolution of one second, and the answer takes time.
    private static readonly TimeSpan ClockMargin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SilentNode = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CertificateMargin = TimeSpan.FromDays(30);

    /// <summary>
    /// Reports whether the gateway is ready, from the status of <c>/readyz</c> and what a refusal says.
    /// </summary>
    public static Finding Ready(int status, string? detail) => status == 200
        ? new(true, "gateway", "is ready")
        : new(false, "gateway", $"is not ready: /readyz answers {status}{(detail is null ? "" : $": {detail}")}",
            "The start takes a few seconds. The service's log says what it is waiting for.");

    /// <summary>Reports whether the clocks agree.</summary>
    public static Finding Clock(DateTimeOffset here, DateTimeOffset? there) => there is not { } date
        ? new(true, "clock", "the gateway does not report its time")
        : (here - date).Duration() <= ClockMargin
            ? new(true, "clock", "matches the gateway's")
            : new(false, "clock",
                string.Create(
                    CultureInfo.InvariantCulture, $"differs from the gateway's by {(here - date).TotalSeconds:0} s"),
                "Synchronize both by NTP: schedules and ages use the gateway's clock.");

    /// <summary>Reports what the caller may do.</summary>
    public static Finding Key(JsonNode session)
    {
        var scopes = string.Join(
            ", ", (session["scopes"] as JsonArray ?? []).Select(static scope => JsonText.Text(scope)));
        return new(true, "key",
            session.Field("needsKey") == "true" ? $"'{session.Field("name")}' may {scopes}" : "none is needed here");
    }

    /// <summary>
    /// Reports whether the key that this program sends could be read on the way; null if it sends none beyond this
    /// machine.
    /// </summary>
    public static Finding? Encryption(Uri gateway, JsonNode session) =>
        session.Field("needsKey") != "true" || gateway.IsLoopback
        ? null
        : gateway.Scheme == Uri.UriSchemeHttps
            ? new(true, "encryption", "calls use HTTPS")
            : new(false, "encryption", $"calls to {gateway.Authority} are not encrypted: the key crosses the network",
                "Give the gateway a certificate (--tls-cert) or put a proxy with TLS in front, and use an https:// address.");

    /// <summary>Reports whether there are workers, and which of them are lost or silent.</summary>
    public static IEnumerable<Finding> Nodes(IReadOnlyList<JsonNode> nodes, DateTimeOffset now)
    {
        var working = nodes.Where(static node => node.Field("state") is "ready" or "busy").ToList();
        var slots = working.Sum(static node => long.TryParse(node.Field("slots"), out var count) ? count : 0);
        yield return slots > 0
            ? new(true, "workers", $"{working.Count} with {slots} slots")
            : new(false, "workers", "no worker accepts tasks; all tasks wait",
                "Start a worker (make worker), or resume a drained one (otask node list).");
        foreach (var node in nodes.Where(static node => node.Field("state") == "lost"))
            yield return new(false, $"worker {node.Field("id")}", $"has been lost since {node.Field("lastReportAt")}",
                $"Restart it, or if it is gone permanently, run: otask node delete {node.Field("id")}");
        foreach (var node in working)
        {
            if (DateTimeOffset.TryParse(node.Field("lastReportAt"), CultureInfo.InvariantCulture, out var last)
                && now - last > SilentNode)
                yield return new(
                    false, $"worker {node.Field("id")}", $"has been silent since {node.Field("lastReportAt")}",
                    "Check its machine and its network.");
        }
    }

    /// <summary>Reports paused queues with waiting tasks.</summary>
    public static IEnumerable<Finding> Queues(IReadOnlyList<QueueDetails> queues)
    {
        var held = queues.Where(static queue => queue is { Paused: true, Depth: > 0 }).ToList();
        if (held.Count == 0)
            yield return new(true, "queues", $"{queues.Count}, none paused with waiting tasks");
        foreach (var queue in held)
            yield return new(
                false, $"queue {queue.Name}", $"is paused with {queue.Depth} waiting tasks",
                $"To resume it: otask queue resume {queue.Name}");
    }

    /// <summary>Reports whether the store is healthy.</summary>
    public static Finding Store(JsonNode cluster)
    {
        var (kind, health) = (cluster["store"]?.Field("kind") ?? "", cluster["store"]?.Field("health") ?? "");
        return health == "healthy"
            ? new(true, "store", $"{kind}, healthy")
            : new(false, "store", $"{kind}, {health}", "Check the free space of its disk and the service's log.");
    }

    /// <summary>
    /// Reports whether the active silos and the gateway have one version; null if no silo states its version.
    /// </summary>
    public static Finding? Silos(JsonNode cluster)
    {
        var gateway = cluster["versions"]?.Field("service") ?? "";
        var silos = (cluster["silos"] as JsonArray ?? []).OfType<JsonNode>()
            .Where(static silo => silo.Field("state") == "Active" && silo.Field("version") is not "")
            .OrderBy(static silo => silo.Field("name"), StringComparer.Ordinal).ToList();
        if (silos.Count == 0)
            return null;
        return silos.TrueForAll(silo => silo.Field("version") == gateway)
            ? new(true, "silos", $"{silos.Count} of version {gateway}, like the gateway")
            : new(false, "silos",
                $"{string.Join(", ", silos.Select(static silo => $"{silo.Field("name")} is {silo.Field("version")}"))}; the "
                + $"gateway is {gateway}", "Complete the upgrade: restart all silos and gateways with the same version.");
    }

    /// <summary>Reports clocks of silos and gateways that were set in the last day.</summary>
    public static IEnumerable<Finding> Clocks(JsonNode attention) => attention.Items()
        .Where(static item => item.Field("code") == "clock-stepped")
        .Select(static item => new Finding(false, "clock", item.Field("title"),
            "Synchronize it by NTP. This is reported for a day."));

    /// <summary>
    /// Reports what the gateway calls severe, except lost nodes and the store's space, which other checks report.
    /// </summary>
    public static IEnumerable<Finding> Attention(JsonNode attention)
    {
        var severe = attention.Items().Where(static item => item.Field("severity") == "severe").ToList();
        return severe.Count == 0
            ? [new(true, "attention", "nothing is severe")]
            : severe.Where(static item => item.Field("code") is not ("node-lost" or "store-low-space"))
                .Select(static item => new Finding(
                    false, "attention", item.Field("title"), "Everything that needs attention: otask attention"));
    }

    /// <summary>Reports certificates, given to the gateway as files, that expire within 30 days.</summary>
    public static IEnumerable<Finding> Certificates(JsonNode cluster, DateTimeOffset now) =>
        from certificate in (cluster["certificates"] as JsonArray ?? []).OfType<JsonNode>()
        let left = Answer.Time(certificate, "expiresAt") - now
        select left > CertificateMargin
            ? new Finding(true, $"certificate {certificate.Field("option")}", $"expires at {certificate.Field("expiresAt")}")
            : new Finding(false, $"certificate {certificate.Field("option")}",
                $"{(left > TimeSpan.Zero ? "expires" : "expired")} at {certificate.Field("expiresAt")}",
                "Replace its file; for --tls-cert, also restart the gateway.");

    /// <summary>
    /// Reports workers whose versions differ from the gateway's; null if there are none. A difference is not a problem:
    /// workers may be older, or other programs.
    /// </summary>
    public static Finding? OtherWorkers(IReadOnlyList<JsonNode> nodes, JsonNode cluster)
    {
        var gateway = cluster["versions"]?.Field("service") ?? "";
        var others = nodes.Where(node => node.Field("state") is not "lost" && node.Field("version") is var version
            && version.Length > 0 && version != gateway)
            .GroupBy(static node => node.Field("version"), StringComparer.Ordinal).OrderBy(static version => version.Key, StringComparer.Ordinal)
            .Select(static version => $"{string.Join(", ", version.Select(static node => node.Field("id")).Order(StringComparer.Ordinal))} of version {version.Key}")
            .ToList();
        return others.Count == 0 ? null : new(true, "worker versions", string.Join("; ", others));
    }

    /// <summary>Reports the versions of this program and the gateway. A difference is not a problem.</summary>
    public static Finding Version(JsonNode cluster, string own)
    {
        var service = cluster["versions"]?.Field("service") ?? "";
        return service == own
            ? new(true, "version", $"{own}, same as this program")
            : new(true, "version", $"the gateway is {service}, this program is {own}");
    }
}
