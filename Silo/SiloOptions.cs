using System.ComponentModel.DataAnnotations;
using System.Net;

namespace OrleansTasks.Silo;

/// <summary>What a silo is and how it behaves.</summary>
public sealed class SiloOptions
{
    /// <summary>The data folder: the store's files and the output, unless there is a database. Only one process may use it at a time.</summary>
    [Required]
    public string DataFolder { get; set; } = "";

    /// <summary>
    /// The PostgreSQL database that is the store, as a connection string; null: the store is in the data folder. Silos
    /// that share a database are one cluster; see <see cref="IsMember"/>.
    /// </summary>
    public string? Database { get; set; }

    /// <summary>How long a worker may be out of touch before its running attempts count as lost.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a worker reports.</summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long ended tasks are kept.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long failed and cancelled tasks are kept; null: as long as the others.</summary>
    public TimeSpan? RetentionFailed { get; set; }

    /// <summary>The most bytes of output that are kept outside the rows, over all ended tasks.</summary>
    [Range(0, long.MaxValue)]
    public long OutputQuota { get; set; } = 1024L * 1024 * 1024;

    /// <summary>The most bytes of results that one job may collect.</summary>
    [Range(0, long.MaxValue)]
    public long CollectQuota { get; set; } = 1024L * 1024 * 1024;

    /// <summary>How often queues with open work are looked after.</summary>
    public TimeSpan KeepInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the home of a queue must be another silo before this one gives the queue up.</summary>
    public TimeSpan MoveAfter { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How often retention is applied, at least.</summary>
    public TimeSpan RetentionInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How many queues may be in use; tasks for another one are refused. Default 2,000.</summary>
    public int MaxQueues { get; set; } = ServiceLimits.MaxQueues;

    /// <summary>The time between two rounds of retention: a short <see cref="Retention"/> needs frequent ones.</summary>
    public TimeSpan RetentionPeriod => TimeSpan.FromTicks(Math.Min(
        RetentionInterval.Ticks, Math.Max(TimeSpan.TicksPerSecond, Retention.Ticks / 4)));

    /// <summary>The folders that jobs may read files from.</summary>
    public IReadOnlyList<string> FileRoots { get; set; } = [];

    /// <summary>Networks beside the public Internet that webhooks may lead to.</summary>
    public IReadOnlyList<IPNetwork> WebhookTargets { get; set; } = [];

    /// <summary>Whether webhooks may lead anywhere: whoever can make one is on this machine, and reaches the targets anyway.</summary>
    public bool AllowsAllWebhookTargets { get; set; }

    /// <summary>Where gateways in other processes connect; null: there are none.</summary>
    public IPEndPoint? Listen { get; set; }

    /// <summary>Where other silos connect, at the address of <see cref="Listen"/>; 0: any port that is free.</summary>
    [Range(0, 65_535)]
    public int PeerPort { get; set; }

    /// <summary>Whether the silo is one of a cluster: it has a database, and meets its gateways elsewhere.</summary>
    public bool IsMember => Database is not null && Listen is not null;

    /// <summary>Whether the engine's dashboard, where it has one, is collected for.</summary>
    public bool Dashboard { get; set; }
}
