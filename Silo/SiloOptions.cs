using OrleansTasks.Silo.Notifications;
using OrleansTasks.Storage.S3;
using System.ComponentModel.DataAnnotations;
using System.Net;

namespace OrleansTasks.Silo;

/// <summary>Options of a silo.</summary>
public sealed class SiloOptions
{
    /// <summary>
    /// The data folder, with the store's files and the output unless there is a database. Only one process may use it
    /// at a time.
    /// </summary>
    [Required]
    public string DataFolder { get; set; } = "";

    /// <summary>
    /// The connection string of the PostgreSQL database that is the store; null if the store is in the data folder.
    /// Silos that share a database form a cluster (<see cref="IsMember"/>).
    /// </summary>
    public string? Database { get; set; }

    /// <summary>How long a worker may be silent before its running attempts count as lost.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a task waits for resources before a node keeps for it what becomes free.</summary>
    public TimeSpan ReserveAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a worker reports.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long ended tasks are kept.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long failed and cancelled tasks are kept; null for as long as the others.</summary>
    public TimeSpan? RetentionFailed { get; set; }

    /// <summary>The maximum bytes of output kept outside the rows, for all ended tasks together.</summary>
    [Range(0, long.MaxValue)]
    public long OutputQuota { get; set; } = 1024L * 1024 * 1024;

    /// <summary>The maximum bytes of results that a job may collect.</summary>
    [Range(0, long.MaxValue)]
    public long CollectQuota { get; set; } = 1024L * 1024 * 1024;

    /// <summary>
    /// The bucket with the files; null to keep them with the store: in the data folder or in the database.
    /// </summary>
    public S3Address? Files { get; set; }

    /// <summary>
    /// The maximum bytes of all files together; null for 20 GiB in a database, and any number in a folder or a bucket.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long? FileStoreMax { get; set; }

    /// <summary>
    /// The bytes of stored files beyond which the artifacts of ended tasks are removed, the oldest first; null to keep
    /// them as long as their tasks.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long? RetentionFiles { get; set; }

    /// <summary>How often queues with open work are activated.</summary>
    public TimeSpan KeepInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a queue's home must be another silo before this silo moves the queue there.</summary>
    public TimeSpan MoveAfter { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The maximum time between two rounds of retention.</summary>
    public TimeSpan RetentionInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The maximum number of queues in use. Tasks for further queues are refused. Default 2,000.</summary>
    public int MaxQueues { get; set; } = ServiceLimits.MaxQueues;

    /// <summary>
    /// The time between two rounds of retention, which is shorter if <see cref="Retention"/> is short.
    /// </summary>
    public TimeSpan RetentionPeriod => TimeSpan.FromTicks(Math.Min(
        RetentionInterval.Ticks, Math.Max(TimeSpan.TicksPerSecond, Retention.Ticks / 4)));

    /// <summary>The folders from which jobs may read files.</summary>
    public IReadOnlyList<string> FileRoots { get; set; } = [];

    /// <summary>Networks to which webhooks may be sent in addition to the public Internet.</summary>
    public IReadOnlyList<IPNetwork> WebhookTargets { get; set; } = [];

    /// <summary>
    /// Whether webhooks may be sent anywhere. Callers that can create one are then on this machine, and can reach the
    /// targets anyway.
    /// </summary>
    public bool AllowsAllWebhookTargets { get; set; }

    /// <summary>The mail server for notifications; null for none.</summary>
    public SmtpSettings? Smtp { get; set; }

    /// <summary>The address at which gateways in other processes connect; null if there are none.</summary>
    public IPEndPoint? Listen { get; set; }

    /// <summary>
    /// The port at which other silos connect, at the address of <see cref="Listen"/>; 0 means any free port.
    /// </summary>
    [Range(0, 65_535)]
    public int PeerPort { get; set; }

    /// <summary>
    /// Whether gateways and other silos must use TLS with certificates of the cluster's authority; null for those that
    /// reach this silo at an address beyond loopback.
    /// </summary>
    public bool? ClusterTls { get; set; }

    /// <summary>
    /// Whether the silo is a member of a cluster, which means that it has a database and its gateways are elsewhere.
    /// </summary>
    public bool IsMember => Database is not null && Listen is not null;

    /// <summary>Whether to collect data for the engine's dashboard, once a gateway shows it.</summary>
    public bool Dashboard { get; set; }
}
