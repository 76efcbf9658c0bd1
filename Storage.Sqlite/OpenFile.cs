namespace OrleansTasks.Storage.Sqlite;

/// <summary>
/// The database files that this process has open. POSIX locks belong to the process: closing any other handle to such a
/// file would release SQLite's locks on it. The file may therefore be inspected only before the first connection opens.
/// </summary>
internal sealed class OpenFile : IDisposable
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, int> Users = new(StringComparer.Ordinal);
    private readonly string path;

    private OpenFile(string path) => this.path = path;

    /// <summary>Registers a user of a file. The first user runs <paramref name="prepare"/>.</summary>
    internal static OpenFile Enter(string path, Action<string> prepare)
    {
        var full = Path.GetFullPath(path);
        lock (Gate)
        {
            var users = Users.GetValueOrDefault(full);
            if (users == 0)
                prepare(full);
            Users[full] = users + 1;
            return new OpenFile(full);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (Gate)
        {
            if (--Users[path] == 0)
                Users.Remove(path);
        }
    }
}
