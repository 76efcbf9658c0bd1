using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>A read-only connection with values cached between reads. Used by one thread at a time.</summary>
internal sealed class ReadSession : IDisposable
{
    private readonly Connection connection;

    internal ReadSession(string path, TimeSpan busyTimeout)
    {
        connection = Connection.Open(path, create: false, busyTimeout);
        try
        {
            connection.AllowInterrupt();
            // A negative cache size counts KiB. Checkpoints are the Checkpointer's task alone.
            connection.Execute("PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -4096");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Shared instances of node, signal and queue names.</summary>
    internal InternTable<string> Names { get; } = new(System.Text.Encoding.UTF8.GetString);

    internal InternTable<RetryPolicy> Retries { get; } = new(RetryText.Read);

    internal InternTable<ImmutableArray<Label>[]> Requires { get; } = new(text => [LabelText.Read(text)]);

    /// <summary>Shared instances of <see cref="TaskExtra"/>, for short texts.</summary>
    internal InternTable<TaskExtra> Extras { get; } = new(ExtraText.Read);

    internal Statement Get(string sql) => connection.Get(sql);

    /// <summary>Ends the running read. Any thread may call this. The session cannot be used afterwards.</summary>
    internal void Interrupt() => connection.Interrupt();

    internal void Begin() => connection.Get("BEGIN").Run();

    /// <summary>Ends the snapshot. Every statement must have been stepped to its end or reset.</summary>
    internal void End()
    {
        connection.Get("COMMIT").Run();
        // A statement in use would keep the old snapshot for all later reads.
        if (connection.HoldsSnapshot)
            throw new InvalidOperationException("A statement of this read was not stepped to its end.");
        connection.TrimStatements();
    }

    /// <inheritdoc/>
    public void Dispose() => connection.Dispose();
}
