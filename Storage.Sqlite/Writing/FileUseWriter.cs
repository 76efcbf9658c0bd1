using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sqlite.Writing;

/// <summary>Stores which files owners name.</summary>
internal static class FileUseWriter
{
    private const string Delete = "DELETE FROM file_uses WHERE kind = ?1 AND id = ?2";
    private const string Insert = "INSERT OR IGNORE INTO file_uses (kind, id, hash) VALUES (?1, ?2, ?3)";

    /// <summary>Replaces what the owners name.</summary>
    internal static void Write(Connection connection, IReadOnlyDictionary<FileUse, ImmutableArray<FileName>> uses)
    {
        foreach (var (owner, files) in uses)
        {
            Remove(connection, owner);
            foreach (var file in files)
                Add(connection, owner, file);
        }
    }

    /// <summary>Adds a file to those that an owner names.</summary>
    internal static void Add(Connection connection, FileUse owner, FileName file)
    {
        var insert = connection.Get(Insert);
        insert.Bind(1, (long)owner.Kind);
        insert.Bind(2, owner.Id);
        insert.Bind(3, file.ToArray());
        insert.Run();
    }

    /// <summary>Removes all that an owner names.</summary>
    internal static void Remove(Connection connection, FileUse owner)
    {
        var delete = connection.Get(Delete);
        delete.Bind(1, (long)owner.Kind);
        delete.Bind(2, owner.Id);
        delete.Run();
    }

    /// <summary>Removes all that a task, rollout or job names.</summary>
    internal static void Remove(Connection connection, FileUseKind kind, TaskId id) =>
        Remove(connection, new FileUse(kind, id.ToString()));
}
