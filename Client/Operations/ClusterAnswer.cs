using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OrleansTasks.Client.Contract;
using OrleansTasks.Cluster;
using OrleansTasks.Cluster.Status;
using OrleansTasks.Contract;
using OrleansTasks.Lifetime;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Operations;

/// <summary>The cluster, as the HTTP contract shows it.</summary>
[Schema("Cluster"), Description("The engine, its silos and grains, the store and the versions.")]
internal sealed record ClusterAnswer(
    [property: Description("The engine's name."), AllowedValues("Orleans")]
    string Engine,
    [property: Description("The silos.")]
    IEnumerable<ClusterSiloAnswer> Silos,
    [property: Description("The number of grains in memory on all silos, by type.")]
    IReadOnlyDictionary<string, long> Activations,
    [property: Description("Completed calls of grain methods on all silos since the silos started, and their durations. Quantiles are bounds of "
        + "ranges, at most a quarter too high.")]
    IEnumerable<ClusterCallAnswer> Calls,
    [property: Description("Where the service keeps its data.")]
    ClusterStoreAnswer Store,
    [property: Description("The versions of the gateway that answers, and of what it runs on.")]
    ClusterVersionsAnswer Versions,
    [property: Description("The certificates that were given to the gateway that answers as files.")]
    IEnumerable<CertificateAnswer> Certificates)
{
    /// <summary>The example of the contract.</summary>
    public static ClusterAnswer Example => new(
        "Orleans", [new ClusterSiloAnswer("silo", "Active", "0.1.0", 2, 1, ["default"])], new Dictionary<string, long> { ["task-dispatcher"] = 1 },
        [new ClusterCallAnswer("OrleansTasks.Tasks.ITaskDispatcherGrain", "Submit", 7, 0, 1.2, 1.023, 2.047, 1.9)],
        new ClusterStoreAnswer("sqlite", "healthy"), new ClusterVersionsAnswer("0.1.0", 2, "10.4.2", "10.0.1"),
        [new CertificateAnswer("--tls-cert", Examples.Time)]);

    /// <summary>Returns the answer of a cluster.</summary>
    public static ClusterAnswer Of(
        EngineStatus status, StoreHealth health, string kind, ImmutableArray<(string Option, DateTimeOffset Ends)> certificates) => new(
        status.Name,
        status.Silos.Select(static silo => new ClusterSiloAnswer(
            silo.Name, silo.State, silo.Version, silo.WireLevel, silo.Queues is null ? null : silo.QueueCount, silo.Queues)),
        new Dictionary<string, long>(status.Activations),
        status.Calls.Select(ClusterCallAnswer.Of),
        new ClusterStoreAnswer(kind, health switch
        {
            StoreHealth.Healthy => "healthy",
            StoreHealth.LowSpace or StoreHealth.NoSpace => "low-space",
            _ => "failing",
        }),
        new ClusterVersionsAnswer(
            ServiceVersion.Text, WireLevel.Own, status.Version.Split('+', ' ')[0].TrimEnd('.'), Environment.Version.ToString()),
        certificates.Select(static one => new CertificateAnswer(one.Option, one.Ends.ToUnixTimeMilliseconds())));
}

/// <summary>A silo of the cluster, as the HTTP contract shows it.</summary>
[Description("A silo.")]
internal sealed record ClusterSiloAnswer(
    [property: Description("The silo's name.")]
    string Name,
    [property: Description("The state's name in Orleans.")]
    string State,
    [property: Description("The version of the silo's program; null for a silo that is not active.")]
    string? Version,
    [property: Description("What the silo understands of other versions; null for a silo that is not active.")]
    int? WireLevel,
    [property: Description("How many queues the silo owns; null for a silo that is not active.")]
    int? QueueCount,
    [property: Description("The queues that the silo owns, the first 200 by name; null for a silo that is not active.")]
    IReadOnlyList<string>? Queues);

/// <summary>The calls of a grain method, as the HTTP contract shows them.</summary>
[Description("The calls of a grain method.")]
internal sealed record ClusterCallAnswer(
    [property: Description("The grain's interface.")]
    string Grain,
    [property: Description("The method's name.")]
    string Method,
    [property: Description("Completed calls.")]
    long Calls,
    [property: Description("Calls that failed.")]
    long Failures,
    [property: Description("The mean duration.")]
    double MeanMs,
    [property: Description("The median duration.")]
    double P50Ms,
    [property: Description("The 99th percentile of the durations.")]
    double P99Ms,
    [property: Description("The longest duration.")]
    double MaxMs)
{
    /// <summary>Returns the answer of a method.</summary>
    public static ClusterCallAnswer Of(CallFigure call) => new(
        call.Grain, call.Method, call.Calls, call.Failures, Milliseconds(call.Calls == 0 ? 0 : call.Total / (double)call.Calls),
        Milliseconds(DurationBuckets.Quantile(call.Durations, 0.5, call.Longest)),
        Milliseconds(DurationBuckets.Quantile(call.Durations, 0.99, call.Longest)), Milliseconds(call.Longest));

    private static double Milliseconds(double microseconds) => Math.Round(microseconds / 1000, 3);
}

/// <summary>The store, as the HTTP contract shows it.</summary>
internal sealed record ClusterStoreAnswer(
    [property: Description("The kind of database."), AllowedValues("sqlite", "postgresql")]
    string Kind,
    [property: Description("Whether it can write. low-space: the disk is nearly full."), AllowedValues("healthy", "low-space", "failing")]
    string Health);

/// <summary>The versions of a gateway, as the HTTP contract shows them.</summary>
internal sealed record ClusterVersionsAnswer(
    [property: Description("The version of the gateway that answers.")]
    string Service,
    [property: Description("The wire level of the gateway that answers.")]
    int WireLevel,
    [property: Description("The version of Orleans.")]
    string Engine,
    [property: Description("The version of .NET.")]
    string Runtime);

/// <summary>A certificate, as the HTTP contract shows it.</summary>
[Description("A certificate.")]
internal sealed record CertificateAnswer(
    [property: Description("The option that names the file."), AllowedValues("--tls-cert", "--cluster-cert")]
    string Option,
    [property: Description("When the certificate expires.")]
    Timestamp ExpiresAt);
