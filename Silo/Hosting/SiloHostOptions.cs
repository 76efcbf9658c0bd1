using System.Net;
using OrleansTasks.Cluster.Startup;
using OrleansTasks.Cluster.Tls;
using OrleansTasks.Silo.Notifications;
using OrleansTasks.Storage.S3;
using OrleansTasks.Worker.Processes.Containers;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Silo.Hosting;

/// <summary>
/// The options of a process with a silo and its worker. Each value is valid by itself, but not every combination is.
/// </summary>
public sealed record SiloHostOptions : ServiceOptions
{
    /// <summary>
    /// The address at which gateways elsewhere connect to the silo; null if its only gateway is in this process.
    /// </summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>The port at which other silos connect to a silo of a cluster; 0 means any free port.</summary>
    public int PeerPort { get; init; }

    /// <summary>The address at which a separate silo answers probes; null for none.</summary>
    public IPEndPoint? Health { get; init; }

    /// <summary>The address at which remote workers connect.</summary>
    public required IPEndPoint Grpc { get; init; }

    /// <summary>The absolute path of the data folder.</summary>
    public required string Data { get; init; }

    /// <summary>Whether this is a silo that shares its database with others.</summary>
    internal bool IsMember => Listen is not null && Database is not null;

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

    /// <summary>
    /// The resources that the command line names for this process's worker, in place of those that the machine has. The
    /// amounts are in the units of <see cref="Processing.Resources.ResourceName"/>.
    /// </summary>
    public IReadOnlyDictionary<string, long> Resources { get; init; } = new Dictionary<string, long>();

    /// <summary>How long a task waits for resources before a node reserves for it what becomes free.</summary>
    public TimeSpan ReserveAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The bucket with the stored files; null to keep them in the data folder or the database.</summary>
    public S3Address? Files { get; init; }

    /// <summary>
    /// The maximum bytes of all stored files together; null for the default of the store.
    /// </summary>
    public long? FileStoreMax { get; init; }

    /// <summary>
    /// The bytes of stored files beyond which the artifacts of ended tasks are removed, the oldest first; null to keep
    /// them as long as their tasks.
    /// </summary>
    public long? RetentionFiles { get; init; }

    /// <summary>The absolute path of the folder with plug-ins, whose processors jobs may name; null for none.</summary>
    public string? Plugins { get; init; }

    /// <summary>The absolute paths of the folders from which jobs may read files.</summary>
    public ImmutableArray<string> FileRoots { get; init; } = [];

    /// <summary>
    /// The folders that tasks of the worker here may ask for in a sandbox or a container, absolute and without links.
    /// </summary>
    public ImmutableArray<string> SandboxAllow { get; init; } = [];

    /// <summary>The program with which the worker here runs tasks in containers.</summary>
    public EngineChoice ContainerEngine { get; init; }

    /// <summary>The networks that are not public but to which webhooks may be sent.</summary>
    public ImmutableArray<IPNetwork> WebhookAllow { get; init; } = [];

    /// <summary>
    /// Whether all callers that can create webhooks are on this machine, and can reach every target anyway. False for a
    /// separate silo, which does not know where its gateways listen.
    /// </summary>
    public bool AllowsAllWebhookTargets { get; init; }

    /// <summary>The mail server for notifications; null for none.</summary>
    public SmtpSettings? Smtp { get; init; }

    /// <summary>Returns whether connections to a silo at this address use TLS, with certificates.</summary>
    internal bool IsSecured(IPEndPoint silo) => new ClusterTlsRule(ClusterTls).Covers(silo);
}
