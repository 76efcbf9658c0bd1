using Npgsql;

namespace OrleansTasks.Storage.Postgres;

/// <summary>Which PostgreSQL database holds the store's data, and how much of it is kept.</summary>
public sealed class PostgresStorageOptions
{
    /// <summary>
    /// How to connect, as Npgsql reads it: <c>Host=db1;Database=otask;Username=otask;Password=…</c>. The tables are in the
    /// schema <c>ot</c> of that database.
    /// </summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>
    /// How many commits' events are kept of a queue; older ones go when retention runs. Default 100,000.
    /// </summary>
    public int EventRecordsKept { get; set; } = ServiceLimits.EventCommits;

    /// <summary>
    /// How many of a queue's latest transitions are kept: a commit's events go once all of them are older than
    /// that. Default 2,000,000.
    /// </summary>
    public long TransitionsKept { get; set; } = 2_000_000;

    /// <summary>How many queues may be in use; tasks for another one are refused. Default 2,000.</summary>
    public int MaxQueues { get; set; } = ServiceLimits.MaxQueues;

    /// <summary>The most connections that read or write at once, besides the two that commit. Default 8.</summary>
    public int Connections { get; set; } = 8;

    /// <summary>
    /// How long a statement may take before the database is asked to end it, and a commit before its outcome counts as unknown.
    /// Default 10 s.
    /// </summary>
    public TimeSpan StatementTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a statement may wait for a lock. Default 5 s.</summary>
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether this process is the silo that owns the database: only one may be, until it ends. Tools beside a silo do not own it.
    /// </summary>
    public bool IsOwner { get; set; }

    /// <summary>
    /// Whether the owner is one of several silos of a cluster, which own the database together. A silo that owns it
    /// alone keeps them out, and they keep that one out.
    /// </summary>
    public bool IsShared { get; set; }

    /// <summary>How long to wait for an earlier owner to end. Default 15 s.</summary>
    public TimeSpan OwnerPatience { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The database for people to read, without secrets, such as <c>PostgreSQL database otask at db1</c>.</summary>
    public string Place
    {
        get
        {
            var parsed = new NpgsqlConnectionStringBuilder(ConnectionString);
            return $"PostgreSQL database {parsed.Database} at {parsed.Host}";
        }
    }

    /// <summary>What is wrong with the options, a sentence each; empty when nothing is.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        try
        {
            var parsed = new NpgsqlConnectionStringBuilder(ConnectionString);
            if (string.IsNullOrWhiteSpace(parsed.Host))
                problems.Add("The connection string must name a Host.");
            if (string.IsNullOrWhiteSpace(parsed.Database))
                problems.Add("The connection string must name a Database.");
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or InvalidCastException)
        {
            problems.Add("The connection string must have the form 'Host=…;Database=…;Username=…;Password=…'.");
        }

        if (EventRecordsKept < 1)
            problems.Add($"{nameof(EventRecordsKept)} must be at least 1.");
        if (TransitionsKept < 1)
            problems.Add($"{nameof(TransitionsKept)} must be at least 1.");
        if (Connections is < 2 or > 1000)
            problems.Add($"{nameof(Connections)} must be from 2 to 1,000.");
        if (StatementTimeout < TimeSpan.FromSeconds(1) || StatementTimeout > TimeSpan.FromMinutes(1))
            problems.Add($"{nameof(StatementTimeout)} must be from 1 second to 1 minute.");
        if (LockTimeout < TimeSpan.FromMilliseconds(100) || LockTimeout > StatementTimeout)
            problems.Add($"{nameof(LockTimeout)} must be from 0.1 seconds to {nameof(StatementTimeout)}.");
        return problems;
    }
}
