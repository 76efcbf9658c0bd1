using Npgsql;

namespace OrleansTasks.Storage.Postgres;

/// <summary>Options of the PostgreSQL store.</summary>
public sealed class PostgresStorageOptions
{
    /// <summary>
    /// The Npgsql connection string, such as <c>Host=db1;Database=otask;Username=otask;Password=…</c>. The tables are
    /// in the schema
    /// <c>ot</c> of that database.
    /// </summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>
    /// The number of commits for which a queue's events are kept. Retention removes older ones. Default 100,000.
    /// </summary>
    public int EventRecordsKept { get; set; } = ServiceLimits.EventCommits;

    /// <summary>
    /// The number of latest transitions that are kept for a queue. A commit's events are removed when all of them are
    /// older. Default 2,000,000.
    /// </summary>
    public long TransitionsKept { get; set; } = 2_000_000;

    /// <summary>The maximum number of queues in use. Tasks for further queues are refused. Default 2,000.</summary>
    public int MaxQueues { get; set; } = ServiceLimits.MaxQueues;

    /// <summary>
    /// The maximum number of connections that read or write at once, in addition to the two that commit. Default 8.
    /// </summary>
    public int Connections { get; set; } = 8;

    /// <summary>
    /// How long a statement may take before the server cancels it. A commit without an answer for two seconds longer
    /// has an unknown outcome. Default 10 s.
    /// </summary>
    public TimeSpan StatementTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a statement may wait for a lock. Default 5 s.</summary>
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether this process is a silo that owns the database, which excludes other owners until it ends. Tools that run
    /// while a silo does are not owners.
    /// </summary>
    public bool IsOwner { get; set; }

    /// <summary>
    /// Whether the owner shares the database with the other silos of a cluster. Sharing silos and a silo that owns the
    /// database alone exclude each other.
    /// </summary>
    public bool IsShared { get; set; }

    /// <summary>How long a silo waits at its start for an earlier owner to end. Default 15 s.</summary>
    public TimeSpan OwnerPatience { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The database, human-readable and without secrets, such as <c>PostgreSQL database otask at db1</c>.
    /// </summary>
    public string Place
    {
        get
        {
            var parsed = new NpgsqlConnectionStringBuilder(ConnectionString);
            return $"PostgreSQL database {parsed.Database} at {parsed.Host}";
        }
    }

    /// <summary>Returns what is wrong with the options, one sentence each; empty if nothing is.</summary>
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
