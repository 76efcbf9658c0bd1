using System.Net;
using OrleansTasks.Logs;
using OrleansTasks.Silo.Trust;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Silo.Hosting;

/// <summary>The options of the service. Each value is valid by itself.</summary>
public sealed record ServiceOptions
{
    /// <summary>The role of this process.</summary>
    public ServiceRole Role { get; init; }

    /// <summary>The address at which gateways connect to a standalone silo.</summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>The port at which other silos connect to a silo of a cluster; 0 means any free port.</summary>
    public int PeerPort { get; init; }

    /// <summary>The address at which a standalone silo answers probes; null for none.</summary>
    public IPEndPoint? Health { get; init; }

    /// <summary>
    /// The name of the cluster of a gateway's silos; null if they have none, or if the database has it.
    /// </summary>
    public string? Cluster { get; init; }

    /// <summary>
    /// Whether connections between silos, and between gateways and silos, use TLS; null for those to silos beyond
    /// loopback.
    /// </summary>
    public bool? ClusterTls { get; init; }

    /// <summary>The PEM file with the cluster certificate of a gateway without a database; null for none.</summary>
    public string? ClusterCert { get; init; }

    /// <summary>The silos of a standalone gateway.</summary>
    public ImmutableArray<DnsEndPoint> Silos { get; init; } = [];

    /// <summary>The address at which the HTTP gateway listens; port 0 means any free port.</summary>
    public required IPEndPoint Http { get; init; }

    /// <summary>The address at which remote workers connect.</summary>
    public required IPEndPoint Grpc { get; init; }

    /// <summary>The absolute path of the data folder.</summary>
    public required string Data { get; init; }

    /// <summary>
    /// The connection string of the PostgreSQL database that is the store; null if the store is in the data folder.
    /// </summary>
    public string? Database { get; init; }

    /// <summary>How the program writes its log.</summary>
    public LogFormat LogFormat { get; init; }

    /// <summary>Whether this is a silo that shares its database with others.</summary>
    internal bool IsMember => Role == ServiceRole.Silo && Database is not null;

    /// <summary>The option by which tools select the store, without the secrets in its value.</summary>
    internal string StoreArgument => Database is null ? $"--data {Data}" : "--db CONNECTION";

    /// <summary>
    /// The maximum number of tasks that the worker in this process runs at once; 0 runs none.
    /// </summary>
    public required int Slots { get; init; }

    /// <summary>
    /// The user as which the worker here runs tasks, or the range from which each task gets a user; null for the
    /// service's own user.
    /// </summary>
    public RunAsUser? RunAs { get; init; }

    /// <summary>
    /// Whether callers and workers on this machine need keys and certificates like those on other machines. Always true
    /// if tasks run as another user, because they are strangers here.
    /// </summary>
    public bool RequiresKeys { get; init; }

    /// <summary>How long a node may be silent before its tasks are assigned to others.</summary>
    public required TimeSpan Lease { get; init; }

    /// <summary>How long running tasks may continue after SIGTERM.</summary>
    public required TimeSpan Drain { get; init; }

    /// <summary>How long ended tasks are kept.</summary>
    public required TimeSpan Retention { get; init; }

    /// <summary>
    /// How long failed and cancelled tasks are kept, at least <see cref="Retention"/>; null for as long as the others.
    /// </summary>
    public TimeSpan? RetentionFailed { get; init; }

    /// <summary>The maximum number of queues in use. Tasks for further queues are refused.</summary>
    public int MaxQueues { get; init; } = ServiceLimits.MaxQueues;

    /// <summary>The absolute path of the folder with plug-ins, whose processors jobs may name; null for none.</summary>
    public string? Plugins { get; init; }

    /// <summary>The absolute paths of the folders from which jobs may read files.</summary>
    public ImmutableArray<string> FileRoots { get; init; } = [];

    /// <summary>The networks that are not public but to which webhooks may be sent.</summary>
    public ImmutableArray<IPNetwork> WebhookAllow { get; init; } = [];

    /// <summary>The address at which browsers reach the gateway, if it differs from <see cref="Http"/>.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>The reverse proxies whose word on a caller's address counts.</summary>
    public ImmutableArray<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>The certificate's PEM file; null for no TLS.</summary>
    public string? TlsCert { get; init; }

    /// <summary>The PEM file with the certificate's key.</summary>
    public string? TlsKey { get; init; }

    /// <summary>
    /// Whether the service listens only on loopback. Callers that can create webhooks are then on this machine, and can
    /// reach the targets anyway.
    /// </summary>
    /// <remarks>
    /// False for a standalone silo, which does not know where its gateways listen, and with a public URL or a trusted
    /// proxy, which mean that others connect through a proxy.
    /// </remarks>
    internal bool IsOnLoopbackOnly => Role == ServiceRole.AllInOne && ListenAddress.IsLoopback(Grpc) && ListenAddress.IsLoopback(Http)
        && PublicUrl is not { IsLoopback: false } && TrustedProxies.IsEmpty;

    /// <summary>Returns whether connections to a silo at this address use TLS, with certificates.</summary>
    internal bool IsSecured(IPEndPoint silo) => new ClusterTlsRule(ClusterTls).Covers(silo);

    /// <summary>Returns whether anyone who can connect to an address may do everything there.</summary>
    internal bool IsOpen(IPEndPoint address) => !RequiresKeys && ListenAddress.IsLoopback(address);
}
