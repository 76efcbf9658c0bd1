using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Reading;

/// <summary>A connection for reading with what it keeps between reads. Used by one thread at a time.</summary>
internal sealed class ReadSession : IDisposable
{
    private readonly Connection connection;

    /// <summary>Opens the connection; throws <see cref="SqliteFault"/>.</summary>
    internal ReadSession(string path, TimeSpan busyTimeout)
    {
        connection = Connection.Open(path, create: false, busyTimeout);
        try
        {
            connection.AllowInterrupt();
            connection.Execute("PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -4096");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Names of nodes and signals, one instance each.</summary>
    internal InternTable<string> Names { get; } = new(System.Text.Encoding.UTF8.GetString);

    /// <summary>Retry policies, one instance each.</summary>
    internal InternTable<RetryPolicy> Retries { get; } = new(RetryText.Read);

    /// <summary>Lists of required labels, one instance each.</summary>
    internal InternTable<ImmutableArray<Label>[]> Requires { get; } = new(text => [LabelText.Read(text)]);

    /// <summary>What few tasks have, one instance each if it is short.</summary>
    internal InternTable<TaskExtra> Extras { get; } = new(ExtraText.Read);

    /// <summary>The prepared statement of a text.</summary>
    internal Statement Get(string sql) => connection.Get(sql);

    /// <summary>Ends the read that runs, from any thread; the session is then of no further use.</summary>
    internal void Interrupt() => connection.Interrupt();

    /// <summary>Begins a snapshot.</summary>
    internal void Begin() => connection.Get("BEGIN").Run();

    /// <summary>Ends the snapshot; no statement is in use any more.</summary>
    internal void End()
    {
        connection.Get("COMMIT").Run();
        // It would answer from that moment on for ever.
        if (connection.HoldsSnapshot)
            throw new InvalidOperationException("A statement of this read was not stepped to its end.");
        connection.TrimStatements();
    }

    /// <inheritdoc/>
    public void Dispose() => connection.Dispose();
}
