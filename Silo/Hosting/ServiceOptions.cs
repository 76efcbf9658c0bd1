using System.Net;
using OrleansTasks.Logs;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Silo.Hosting;

/// <summary>What the service was asked to do; every value is valid by itself.</summary>
public sealed record ServiceOptions
{
    /// <summary>Which part of the service this process is.</summary>
    public ServiceRole Role { get; init; }

    /// <summary>Where a silo on its own meets gateways.</summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>The port at which a silo of a cluster meets the other silos; 0: any that is free.</summary>
    public int PeerPort { get; init; }

    /// <summary>Where a silo on its own answers probes; null: nowhere.</summary>
    public IPEndPoint? Health { get; init; }

    /// <summary>
    /// The name of the cluster to which a gateway's silos belong; null: they have none, or the database says it.
    /// </summary>
    public string? Cluster { get; init; }

    /// <summary>Where a gateway on its own finds silos.</summary>
    public ImmutableArray<DnsEndPoint> Silos { get; init; } = [];

    /// <summary>Where the HTTP gateway listens; port 0 takes any free one.</summary>
    public required IPEndPoint Http { get; init; }

    /// <summary>Where remote workers are to connect.</summary>
    public required IPEndPoint Grpc { get; init; }

    /// <summary>The data folder, absolute.</summary>
    public required string Data { get; init; }

    /// <summary>The PostgreSQL database that is the store, as a connection string; null: the store is in the data folder.</summary>
    public string? Database { get; init; }

    /// <summary>How the program writes its log.</summary>
    public LogFormat LogFormat { get; init; }

    /// <summary>Whether this is a silo that shares its database with others.</summary>
    internal bool IsMember => Role == ServiceRole.Silo && Database is not null;

    /// <summary>How tools are told of the store: an option with its value, without the secrets in it.</summary>
    internal string StoreArgument => Database is null ? $"--data {Data}" : "--db CONNECTION";

    /// <summary>How many tasks the worker in this process runs at once; 0: there is none.</summary>
    public required int Slots { get; init; }

    /// <summary>As whom the worker in this process runs tasks, or the range of users of whom each has one; null: as itself.</summary>
    public RunAsUser? RunAs { get; init; }

    /// <summary>
    /// Whether callers and workers on this machine need keys and certificates as those of other machines do. Always where tasks run as
    /// another user: they are strangers here.
    /// </summary>
    public bool RequiresKeys { get; init; }

    /// <summary>How long a node may be silent before its tasks are given to others.</summary>
    public required TimeSpan Lease { get; init; }

    /// <summary>How long running tasks may go on after SIGTERM.</summary>
    public required TimeSpan Drain { get; init; }

    /// <summary>How long ended tasks are kept.</summary>
    public required TimeSpan Retention { get; init; }

    /// <summary>How long failed and cancelled tasks are kept, at least <see cref="Retention"/>; null: as long as the others.</summary>
    public TimeSpan? RetentionFailed { get; init; }

    /// <summary>How many queues may be in use; tasks for another one are refused.</summary>
    public int MaxQueues { get; init; } = ServiceLimits.MaxQueues;

    /// <summary>The folder, absolute, of plug-ins whose processors jobs may name; null: none.</summary>
    public string? Plugins { get; init; }

    /// <summary>The folders, absolute, that jobs may read files from.</summary>
    public ImmutableArray<string> FileRoots { get; init; } = [];

    /// <summary>The networks that are not public and that webhooks may lead to.</summary>
    public ImmutableArray<IPNetwork> WebhookAllow { get; init; } = [];

    /// <summary>The address under which browsers reach the gateway, when it is another one than <see cref="Http"/>.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>The certificate's PEM file; null: no TLS.</summary>
    public string? TlsCert { get; init; }

    /// <summary>The PEM file of the certificate's key.</summary>
    public string? TlsKey { get; init; }

    /// <summary>
    /// Whether the service listens on loopback alone: whoever can make a webhook is on this machine then, and reaches its
    /// targets anyway.
    /// </summary>
    /// <remarks>A silo on its own cannot know where its gateways listen, and a public URL says that others come through a proxy.</remarks>
    internal bool IsOnLoopbackOnly => Role == ServiceRole.AllInOne && ListenAddress.IsLoopback(Grpc) && ListenAddress.IsLoopback(Http)
        && PublicUrl is not { IsLoopback: false };

    /// <summary>Whether whoever reaches an address may do everything there.</summary>
    internal bool IsOpen(IPEndPoint address) => !RequiresKeys && ListenAddress.IsLoopback(address);
}
