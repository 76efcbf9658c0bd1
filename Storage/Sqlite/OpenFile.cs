namespace OrleansTasks.Storage.Sqlite;

/// <summary>
/// The database files that this process has open. Looking at such a file by any other way than SQLite's would give up
/// SQLite's locks on it as soon as the file is closed again (POSIX locks belong to the process), so it is looked at
/// only before the first connection.
/// </summary>
internal sealed class OpenFile : IDisposable
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, int> Users = new(StringComparer.Ordinal);
    private readonly string path;

    private OpenFile(string path) => this.path = path;

    /// <summary>Notes one more user; the first of a file prepares it.</summary>
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
